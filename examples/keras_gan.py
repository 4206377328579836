"""A generative adversarial network in Keras, recorded by a callback: two networks, an optimizer each.

    pip install 'gradevo[keras]'
    python examples/keras_gan.py [FOLDER]

Writes run.h5, statistics.h5 and the figures into FOLDER (keras-gan). The generator learns to put points on a
ring. The train step is the model's own; every network's gradients are in the record under its own name.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import gradevo
import gradevo.keras
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "keras-gan")
keras.utils.set_random_seed(13)
random = np.random.default_rng(13)
angle = random.uniform(0, 2 * np.pi, 2048)
ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(0, 0.05, (2048, 2))
real = tf.data.Dataset.from_tensor_slices(ring.astype("float32")).shuffle(2048, seed=13).batch(64)


def network(name: str, inputs: int, outputs: int) -> keras.Model:
    """Two hidden layers."""
    layers = [
        keras.layers.Dense(32, "leaky_relu", name="first"),
        keras.layers.Dense(32, "leaky_relu", name="second"),
        keras.layers.Dense(outputs, name="output"),
    ]
    return keras.Sequential([keras.Input((inputs,)), *layers], name=name)


class Gan(keras.Model):
    """A generator of points from noise, and a discriminator that tells them from real ones."""

    def __init__(self) -> None:
        super().__init__(name="gan")
        self.generator = network("generator", 4, 2)
        self.discriminator = network("discriminator", 2, 1)
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.noise = keras.random.SeedGenerator(13)

    def compile(self, generator: keras.Optimizer, discriminator: keras.Optimizer) -> None:
        super().compile()
        self.generator_optimizer, self.discriminator_optimizer = generator, discriminator

    def call(self, noise):
        return self.generator(noise)

    def train_step(self, points):
        noise = keras.random.normal((tf.shape(points)[0], 4), seed=self.noise)
        with tf.GradientTape(persistent=True) as tape:
            on_real = self.discriminator(points, training=True)
            on_made = self.discriminator(self.generator(noise, training=True), training=True)
            found = self.loss(tf.ones_like(on_real), on_real) + self.loss(tf.zeros_like(on_made), on_made)
            fooled = self.loss(tf.ones_like(on_made), on_made)
        for network, optimizer, loss in (
            (self.discriminator, self.discriminator_optimizer, found),
            (self.generator, self.generator_optimizer, fooled),
        ):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": found + fooled, "discriminator_loss": found, "generator_loss": fooled}


gan = Gan()
gan.compile(keras.optimizers.Adam(0.001, beta_1=0.5), keras.optimizers.Adam(0.002, beta_1=0.5))
recorder = gradevo.keras.GradientRecorder(
    folder / "run.h5", seed=13, experiment={"title": "A GAN of points on a ring"}, overwrite=True
)
gan.fit(real, epochs=40, verbose=2, callbacks=[recorder])

points = gan.generator.predict(random.normal(size=(512, 4)).astype("float32"), verbose=0)
print("radius of generated points:", np.linalg.norm(points, axis=1).mean().round(2))
gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for picture in pictures_of("figures"):
    picture.draw(Material([folder / "statistics.h5"], folder))
    print(*picture.paths(folder))
