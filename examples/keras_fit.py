"""A training by Keras' ``fit``, recorded by a callback: handwritten digits, a ``tf.data`` pipeline.

    pip install 'gradevo[keras]'
    python examples/keras_fit.py [FOLDER]

Writes run.h5, statistics.h5 and the figures into FOLDER (keras-digits). Early stopping ends the training;
whatever else ``fit`` takes goes along with the recorder, too.
"""

import sys
from pathlib import Path

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

import gradevo
import gradevo.keras
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "keras-digits")
keras.utils.set_random_seed(13)
images, digits = load_digits(return_X_y=True)
images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
train = tf.data.Dataset.from_tensor_slices((images[:1500], digits[:1500])).shuffle(1500, seed=13).batch(32)
validation = tf.data.Dataset.from_tensor_slices((images[1500:], digits[1500:])).batch(99)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
        keras.layers.MaxPool2D(name="pool"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(32, "relu", name="hidden"),
        keras.layers.Dense(10, "softmax", name="output"),
    ],
    name="digits",
)
model.compile(
    keras.optimizers.Adam(0.003, clipnorm=1.0), "sparse_categorical_crossentropy", metrics=["accuracy"]
)
recorder = gradevo.keras.GradientRecorder(
    folder / "run.h5", updates=True, seed=13, experiment={"title": "Digits by Keras' fit"}, overwrite=True
)
model.fit(
    train,
    validation_data=validation,
    epochs=30,
    verbose=2,
    callbacks=[recorder, keras.callbacks.EarlyStopping(patience=5)],
)

gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for picture in pictures_of("figures"):
    picture.draw(Material([folder / "statistics.h5"], folder))
    print(*picture.paths(folder))
