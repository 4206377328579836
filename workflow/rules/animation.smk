# From the statistics of an experiment's first seed to a moving picture, a frame an epoch.


rule animate:
    input:
        statistics=lambda wildcards: statistics_of(wildcards)[0],
        code=[*room("animation"), *room("film"), *FIGURES_SHARED],
    output:
        gif=f"{RESULTS}/{{experiment}}/animation.gif",
        mp4=shown(f"{RESULTS}/{{experiment}}/animation.mp4", "animation", "Experiments"),
    log:
        f"{RESULTS}/{{experiment}}/logs/animation.log",
    benchmark:
        f"{RESULTS}/{{experiment}}/logs/animation.jsonl"
    conda:
        "../../environment.yml"
    shell:
        "python -m gradevo animate {input.statistics} --gif {output.gif} --mp4 {output.mp4} 2>&1 | tee {log}"
