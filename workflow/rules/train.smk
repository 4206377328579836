# From an experiment's slice of the config to a run file: every batch's gradient.


rule train:
    input:
        data=data_of,
        lock="requirements.lock",
        code=code_of_training,
    output:
        run=f"{RESULTS}/{{experiment}}/seed-{{seed}}/run.h5",
        provenance=f"{RESULTS}/{{experiment}}/seed-{{seed}}/provenance.json",
    log:
        f"{RESULTS}/{{experiment}}/seed-{{seed}}/logs/train.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/seed-{{seed}}/logs/train.jsonl"
    conda:
        "../../environment.yml"
    threads: lambda wildcards: EXPERIMENTS[wildcards.experiment].threads
    params:
        experiment=slice_of,
    shell:
        "python -m gradevo train {params.experiment:q} --seed {wildcards.seed} --data {input.data}"
        " --threads {threads} --output {output.run} --provenance {output.provenance} 2>&1 | tee {log}"
