"""A training by Lightning, recorded: handwritten digits, a convolutional network, gradients clipped.

    pip install 'gradevo[lightning]'
    python examples/lightning_digits.py [FOLDER]

Writes run.h5, statistics.h5, the animation and the layer graph into FOLDER (lightning-digits).
"""

import sys
from pathlib import Path

import lightning
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

import gradevo
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

EPOCHS, BATCH = 12, 32

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "lightning-digits")
lightning.seed_everything(13)
images, digits = load_digits(return_X_y=True)
images = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
train, validation = random_split(TensorDataset(images, torch.tensor(digits)), [1500, len(digits) - 1500])


class Digits(lightning.LightningModule):
    """Two convolutions and a dense layer."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential()
        self.network.add_module("conv", nn.Conv2d(1, 8, 3))
        self.network.add_module("relu", nn.ReLU())
        self.network.add_module("conv_1", nn.Conv2d(8, 16, 3))
        self.network.add_module("relu_1", nn.ReLU())
        self.network.add_module("flatten", nn.Flatten())
        self.network.add_module("dense", nn.Linear(16 * 4 * 4, 10))

    def step(self, batch, part):
        logits = self.network(batch[0])
        loss = nn.functional.cross_entropy(logits, batch[1])
        accuracy = (logits.argmax(1) == batch[1]).float().mean()
        values = {f"{part}_loss": loss, f"{part}_accuracy": accuracy}
        self.log_dict(values, on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch, index):
        return self.step(batch, "train")

    def validation_step(self, batch, index):
        self.step(batch, "val")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.003)


settings = {
    "title": "Digits in Lightning",
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "optimizer": {"name": "adam", "learning_rate": 0.003},
}
recorder = gradevo.lightning.GradientRecorder(
    folder / "run.h5", experiment=settings, seed=13, activation_gradients=True, overwrite=True
)
trainer = lightning.Trainer(
    max_epochs=EPOCHS,
    accelerator="cpu",
    gradient_clip_val=1.0,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    callbacks=[recorder],
)
trainer.fit(Digits(), DataLoader(train, BATCH, shuffle=True), DataLoader(validation, BATCH))

print("validation:", {name: float(value) for name, value in trainer.callback_metrics.items()})
gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for asked in ("figures", "animation", "graph"):
    for picture in pictures_of(asked):
        picture.draw(Material([folder / "statistics.h5"], folder))
        print(*picture.paths(folder))
