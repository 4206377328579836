"""From a dataset's name to arrays, split and labelled.

``sources``   what data/sources.yaml says, validated
``fetch``     the user's own files (``own``, ``images``), else the source (``download``, ``generated``)
``members``   the files of a source; ``formats``, ``tables`` and ``cifar`` make features and targets of them
``tabular``   the user's own tables: ``dialect`` finds how a text is written, ``rows`` and ``sheets`` read
              it and other files, ``encode`` makes numbers of texts and fills gaps; ``ts`` reads series
``dataset``   the arrays with what they mean; ``targets`` and ``splits`` make them, ``prepared`` keeps them
``files``     what may be read: regular files of a size that fits
``origin``    where data come from, for errors
"""
