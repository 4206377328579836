# From raw data to figures. Each stage is a file in workflow/rules; what to run stands in
# config/; `snakemake --cores N` makes everything, `snakemake --list` names the targets.
import sys

from snakemake.utils import min_version

min_version("9.0")
sys.path.insert(0, f"{workflow.basedir}/analysis")

# A config file given on the command line replaces the default one. Loaded both, Snakemake
# would mix their definitions.
if "definitions" not in config:

    configfile: "config/default.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/pictures.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        all_records(),
        of_all_runs("statistics.csv"),
        all_health(),
        all_pictures(compares=False),
        all_comparisons(),
        rules.write_report.output,


rule records:
    input:
        all_records(),


rule figures:
    input:
        all_pictures(compares=False),


rule paper_figures:
    input:
        all_comparisons(),


rule report:
    input:
        rules.write_report.output,
