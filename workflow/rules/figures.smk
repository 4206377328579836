# From statistics to figures, all of an experiment in one job: it is the start that takes time.


def statistics_of(wildcards):
    """Statistics of every seed of the experiment."""
    experiment = EXPERIMENTS[wildcards.experiment]
    return [f"{run_folder(experiment, seed)}/statistics.h5" for seed in experiment.seeds]


rule draw_figures:
    input:
        statistics=statistics_of,
        code=room("figures"),
    output:
        expand(
            f"{RESULTS}/{{{{experiment}}}}/figures/{{stem}}.{{suffix}}",
            stem=FIGURES,
            suffix=["png", "pdf"],
        ),
    log:
        f"{RESULTS}/{{experiment}}/logs/figures.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/figures.jsonl"
    params:
        folder=lambda wildcards, output: Path(output[0]).parent,
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo figures {input.statistics} --folder {params.folder} > {log} 2>&1"
        " || (cat {log} >&2; exit 1)"
