# From the statistics of all experiments to tables, and claims with verdicts.


rule compare_experiments:
    input:
        statistics=compared_statistics,
        code=sources_of("cli.compare"),
    output:
        curves=f"{COMPARISON}/curves.csv",
        summary=f"{COMPARISON}/summary.csv",
        latex=f"{COMPARISON}/summary.tex",
    log:
        f"{COMPARISON}/logs/compare.log",
    benchmark:
        f"{COMPARISON}/logs/compare.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m gradevo compare {input.statistics} --folder {params.folder} 2>&1 | tee {log}"


rule judge_claims:
    input:
        statistics=compared_statistics,
        code=sources_of("cli.claims"),
    output:
        table=report(
            f"{COMPARISON}/claims.csv",
            caption="../captions/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
        latex=f"{COMPARISON}/claims.tex",
    log:
        f"{COMPARISON}/logs/claims.log",
    benchmark:
        f"{COMPARISON}/logs/claims.jsonl"
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo claims {input.statistics} --table {output.table} --latex {output.latex}"
        " 2>&1 | tee {log}"
