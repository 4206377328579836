"""From a dataset's name to arrays, split and labelled.

``sources``   what data/sources.yaml says, validated
``fetch``     the user's own files (``own``, ``images``), else the source (``download``, ``generated``)
``members``   the files of a source; ``formats``, ``tables`` and ``cifar`` make features and targets of them
``dialect``   how a user's table is written
``dataset``   the arrays with what they mean; ``targets`` and ``splits`` make them, ``prepared`` keeps them
``files``     what may be read: regular files of a size that fits
``origin``    where data come from, for errors
"""
