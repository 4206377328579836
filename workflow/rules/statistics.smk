# From a run file to numbers per step, per epoch and per tensor.


rule analyse:
    input:
        run=f"{RESULTS}/{{experiment}}/seed-{{seed}}/run.h5",
        code=[*room("statistics"), *room("runfile", "graph", "reader")],
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
