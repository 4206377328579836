# From the statistics of an experiment's first seed to the graph of its layers.


rule layer_graph:
    input:
        statistics=lambda wildcards: statistics_of(wildcards)[0],
        code=[
            *room("graph"),
            *room("film"),
            *FIGURES_SHARED,
            *room("statistics", "health", "illnesses", "wording"),
        ],
    output:
        json=f"{RESULTS}/{{experiment}}/graph.json",
        png=shown(f"{RESULTS}/{{experiment}}/graph.png", "graph", "Experiments"),
        pdf=f"{RESULTS}/{{experiment}}/graph.pdf",
        gif=f"{RESULTS}/{{experiment}}/graph.gif",
        mp4=f"{RESULTS}/{{experiment}}/graph.mp4",
    log:
        f"{RESULTS}/{{experiment}}/logs/graph.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/graph.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output.png).parent,
        thresholds=thresholds_of,
    shell:
        "python -m gradevo graph {input.statistics} --json {output.json} --folder {params.folder}"
        " --gif {output.gif} --mp4 {output.mp4} {params.thresholds} 2>&1 | tee {log}"


rule gradient_through_time:
    input:
        statistics=statistics_of,
        code=room("figures"),
    output:
        png=shown(
            f"{RESULTS}/{{experiment}}/figures/gradient_through_time.png",
            "gradient_through_time",
            "Experiments",
        ),
        pdf=f"{RESULTS}/{{experiment}}/figures/gradient_through_time.pdf",
    log:
        f"{RESULTS}/{{experiment}}/logs/gradient-through-time.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/gradient-through-time.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output.png).parent,
    shell:
        "python -m gradevo through-time {input.statistics} --folder {params.folder} 2>&1 | tee {log}"
