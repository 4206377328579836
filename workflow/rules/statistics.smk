# From a run file to numbers per step, per epoch and per tensor, and to what is wrong with layers.


rule analyse:
    input:
        run=f"{RESULTS}/{{experiment}}/seed-{{seed}}/run.h5",
        code=sources_of("cli.statistics"),
    output:
        statistics=f"{RESULTS}/{{experiment}}/seed-{{seed}}/statistics.h5",
        table=f"{RESULTS}/{{experiment}}/seed-{{seed}}/statistics.csv",
    log:
        f"{RESULTS}/{{experiment}}/seed-{{seed}}/logs/statistics.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/seed-{{seed}}/logs/statistics.jsonl"
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo statistics {input.run} --output {output.statistics}"
        " --table {output.table} 2>&1 | tee {log}"


rule judge_health:
    input:
        statistics=statistics_of,
        code=sources_of("cli.health"),
    output:
        f"{RESULTS}/{{experiment}}/health.json",
    log:
        f"{RESULTS}/{{experiment}}/logs/health.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/health.jsonl"
    conda:
        "../../environment.yml"
    params:
        thresholds=thresholds_of,
    shell:
        "python -m gradevo health {input.statistics} --output {output} {params.thresholds}"
        " 2>&1 | tee {log}"
