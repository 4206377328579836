# From records and statistics to pictures: a rule for each job of the catalogue.


def drawn_from(picture):
    """An input function: the files that a picture is drawn from."""

    def files(wildcards):
        source = picture.source
        if source.of == "comparison":
            return compared_statistics()
        if source.of == "dataset":
            experiments = asking_on(picture, wildcards.dataset)
        else:
            experiments = [EXPERIMENTS[wildcards.experiment]]
        last = None if source.every_seed else 1
        return [
            path for e in experiments for path in of_all_seeds(e, source.file)[:last]
        ]

    return files


def dataset_of(picture):
    """An input function: the prepared dataset of runs."""
    if picture.source.file != "run.h5":
        return []
    return "data/prepared/{dataset}.npz" if picture.source.of == "dataset" else data_of


def folder_of(picture):
    """The folder of a picture, with wildcards."""
    return {
        "experiment": f"{RESULTS}/{{experiment}}",
        "dataset": f"{COMPARISON}/{{dataset}}",
        "comparison": COMPARISON,
    }[picture.source.of]


def folder_above(file):
    """A function of the outputs: the folder to which a picture's files are relative."""
    depth = len(Path(file).parts) - 1
    return lambda wildcards, output: Path(output[0]).parents[depth]


def outputs_of(drawn):
    """The files of a job; Snakemake's own report shows a picture of each kind, PNG or MP4."""
    for picture in drawn:
        category = "Comparison" if picture.compares else "Experiments"
        labels = {"dataset": "{dataset}"} if picture.source.of == "dataset" else {}
        still = any(file.endswith(".png") for file in picture.files)
        for file in picture.files:
            path = f"{folder_of(picture)}/{file}"
            is_shown = file.endswith(".png" if still else ".mp4")
            yield (shown(path, picture.stem, category, **labels) if is_shown else path)


def flags_of(picture):
    """A function of the wildcards: the experiment's flags for a picture."""
    if picture.compares:
        return ""
    return lambda wildcards: " ".join(picture.flags(EXPERIMENTS[wildcards.experiment]))


for job, drawn in jobs().items():

    rule:
        name:
            f"{'compare' if drawn[0].source.of == 'comparison' else 'draw'}_{job}"
        input:
            files=drawn_from(drawn[0]),
            data=dataset_of(drawn[0]),
            health=(
                f"{RESULTS}/{{experiment}}/health.json"
                if drawn[0].reads_health
                else []
            ),
            code=sources_of("cli.draw", *modules_of(job)),
        output:
            list(outputs_of(drawn)),
        log:
            f"{folder_of(drawn[0])}/logs/{job}.log",
        benchmark:
            f"{folder_of(drawn[0])}/logs/{job}.jsonl"
        conda:
            "../../environment.yml"
        params:
            job=job,
            folder=folder_above(drawn[0].files[0]),
            data=lambda wildcards, input: f"--data {input.data}" if input.data else "",
            health=lambda wildcards, input: (
                f"--health {input.health}" if input.health else ""
            ),
            flags=flags_of(drawn[0]),
        shell:
            "python -m gradevo draw {params.job} {input.files} --folder {params.folder} {params.data}"
            " {params.health} {params.flags} > {log} 2>&1 || (cat {log} >&2; exit 1)"
