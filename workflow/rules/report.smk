# From everything that was made to one folder of pages to read offline.


rule write_report:
    input:
        artifacts=report_artifacts(),
        sources=SOURCES,
        code=sources_of(
            "cli.report", *[module for job in jobs() for module in modules_of(job)]
        ),
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/logs/report.jsonl"
    conda:
        "../../environment.yml"
    params:
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m gradevo report {input.artifacts} --folder {params.folder}"
        " --sources {input.sources} 2>&1 | tee {log}"
