# From a dataset's source, or the user's own files, to checked arrays.


rule fetch_data:
    input:
        own=own_files,
        code=sources_of("cli.fetch"),
    output:
        "data/prepared/{dataset}.npz",
    log:
        "results/logs/fetch-{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        sources=SOURCES,
        raw=RAW,
        source=source_of,
    shell:
        "python -m gradevo fetch {wildcards.dataset} --sources {params.sources} --raw {params.raw}"
        " --output {output} 2>&1 | tee {log}"
