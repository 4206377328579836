"""A training in PyTorch, recorded: handwritten digits, two dense layers, gradients clipped by the loop.

    pip install 'gradevo[torch]'
    python examples/torch_digits.py [FOLDER]

Writes run.h5, statistics.h5 and the figures into FOLDER (torch-digits). The optimizer gets clipped gradients,
the record those before clipping.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import gradevo
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

EPOCHS, BATCH = 30, 32

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "torch-digits")
torch.manual_seed(13)
images, digits = load_digits(return_X_y=True)
images, digits = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(digits)
order = torch.randperm(len(images))
train, validation = order[:1500], order[1500:]

model = nn.Sequential()
model.add_module("hidden", nn.Linear(64, 32))
model.add_module("relu", nn.ReLU())
model.add_module("output", nn.Linear(32, 10))
optimizer = torch.optim.Adam(model.parameters(), 0.003)
criterion = nn.CrossEntropyLoss()


@torch.no_grad()
def metrics(rows):
    logits = model(images[rows])
    accuracy = (logits.argmax(1) == digits[rows]).float().mean()
    return {"loss": criterion(logits, digits[rows]), "accuracy": accuracy}


settings = {
    "title": "Digits in PyTorch",
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "optimizer": {"name": "Adam", "learning_rate": 0.003},
}
with gradevo.torch.Recorder(
    model, optimizer, folder / "run.h5", experiment=settings, seed=13, epochs=EPOCHS, overwrite=True
) as recorder:
    for _ in range(EPOCHS):
        for rows in np.array_split(train[torch.randperm(len(train))], len(train) // BATCH):
            optimizer.zero_grad()
            loss = criterion(model(images[rows]), digits[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            recorder.tell(loss=loss, batch_size=len(rows))
            optimizer.step()
        recorder.end_epoch(train=metrics(train), validation=metrics(validation))

print("validation:", metrics(validation))
gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for picture in pictures_of("figures"):
    picture.draw(Material([folder / "statistics.h5"], folder))
    print(*picture.paths(folder))
