# From the records of networks of a few neurons to pictures of the whole network.

VIEWING = [
    *room("views"),
    *room("film"),
    *FIGURES_SHARED,
    *room("runfile", "graph", "reader"),
]


rule draw_view:
    input:
        run=lambda wildcards: records_of(wildcards)[0],
        data=data_of,
        code=VIEWING,
    output:
        gif=f"{RESULTS}/{{experiment}}/{{view}}.gif",
        mp4=f"{RESULTS}/{{experiment}}/{{view}}.mp4",
    log:
        f"{RESULTS}/{{experiment}}/logs/{{view}}.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/{{view}}.jsonl"
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo view {wildcards.view} {input.run} --data {input.data}"
        " --gif {output.gif} --mp4 {output.mp4} 2>&1 | tee {log}"


rule compare_seeds:
    input:
        runs=records_of,
        data=data_of,
        code=VIEWING,
    output:
        table=f"{RESULTS}/{{experiment}}/convergence.csv",
        png=shown(
            f"{RESULTS}/{{experiment}}/figures/convergence.png",
            "convergence",
            "Experiments",
        ),
        pdf=f"{RESULTS}/{{experiment}}/figures/convergence.pdf",
    log:
        f"{RESULTS}/{{experiment}}/logs/convergence.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/convergence.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output.png).parent,
    shell:
        "python -m gradevo convergence {input.runs} --data {input.data}"
        " --table {output.table} --folder {params.folder} 2>&1 | tee {log}"


rule compare_descents:
    input:
        runs=lambda wildcards: [
            f"{run_folder(e, e.seeds[0])}/run.h5"
            for e in descents_on(wildcards.dataset)
        ],
        data="data/prepared/{dataset}.npz",
        code=VIEWING,
    output:
        png=shown(
            f"{RESULTS}/comparison/{{dataset}}/descents.png",
            "descents",
            "Comparison",
            dataset="{dataset}",
        ),
        pdf=f"{RESULTS}/comparison/{{dataset}}/descents.pdf",
    log:
        f"{RESULTS}/comparison/{{dataset}}/logs/descents.log",
    benchmark:
        f"{RESULTS}/comparison/{{dataset}}/logs/descents.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output.png).parent,
    shell:
        "python -m gradevo descents {input.runs} --data {input.data}"
        " --folder {params.folder} 2>&1 | tee {log}"
