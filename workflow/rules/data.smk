# From a dataset's source, or the user's own file, to checked arrays.


def own_file(wildcards):
    """The user's arrays in data/raw, when there are any: adding or changing them reruns."""
    return datasets.user_file(wildcards.dataset, Path(RAW)) or []


def source_of(wildcards):
    """The dataset's part of sources.yaml: a change in another dataset's part reruns nothing."""
    return DATA_SOURCES[wildcards.dataset].model_dump_json()


rule fetch_data:
    input:
        own=own_file,
        code=room("datasets"),
    output:
        "data/prepared/{dataset}.npz",
    log:
        "results/logs/fetch-{dataset}.log",
    params:
        sources=SOURCES,
        raw=RAW,
        source=source_of,
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo fetch {wildcards.dataset} --sources {params.sources} --raw {params.raw}"
        " --output {output} 2>&1 | tee {log}"
