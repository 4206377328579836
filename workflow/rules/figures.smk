# From statistics to figures, all of an experiment in one job: it is the start that takes time.


rule draw_figures:
    input:
        statistics=statistics_of,
        code=room("figures"),
    output:
        [
            shown(f"{RESULTS}/{{experiment}}/figures/{stem}.png", stem, "Experiments")
            for stem in FIGURES
        ],
        expand(f"{RESULTS}/{{{{experiment}}}}/figures/{{stem}}.pdf", stem=FIGURES),
    log:
        f"{RESULTS}/{{experiment}}/logs/figures.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/figures.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m gradevo figures {input.statistics} --folder {params.folder} > {log} 2>&1"
        " || (cat {log} >&2; exit 1)"
