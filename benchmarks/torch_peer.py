"""The peer to measure against: the autoencoder and the likelihood module as users of PyTorch would write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Autoencoder(nn.Module):
    """g and h of the inpainting autoencoder, channels last.

    Args:
        width: channels of the first convolution.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        down = [3, width, 2 * width, 4 * width, 8 * width]
        up = [8 * width, 4 * width, 2 * width, width]
        self.enc = nn.ModuleList([nn.Conv2d(a, b, 4, 2, 1, bias=False) for a, b in zip(down, down[1:], strict=False)])
        self.enc_bn = nn.ModuleList([nn.BatchNorm2d(b, eps=1e-3, momentum=0.01) for b in down[1:]])
        self.channel_fc = nn.Parameter(torch.zeros(8 * width, 16, 16))
        self.dec = nn.ModuleList(
            [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False) for a, b in zip(up, up[1:], strict=False)]
        )
        self.dec_bn = nn.ModuleList([nn.BatchNorm2d(b, eps=1e-3, momentum=0.01) for b in up[1:]])
        self.out = nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False)

    def g(self, y: Tensor) -> Tensor:
        """Encode y [B, 3, 64, 64] to z [B, width, 32, 32]."""
        x = y
        for conv, norm in zip(self.enc, self.enc_bn, strict=True):
            x = functional.leaky_relu(norm(conv(x)), 0.2)
        flat = torch.einsum("bcp,cpq->bcq", x.flatten(2), self.channel_fc)
        x = flat.reshape(x.shape).contiguous(memory_format=torch.channels_last)
        for index, (conv, norm) in enumerate(zip(self.dec, self.dec_bn, strict=True)):
            x = norm(conv(x if index == 0 else functional.relu(x)))
        return x

    def h(self, z: Tensor) -> Tensor:
        """Decode z to images [B, 3, 64, 64]."""
        return self.out(functional.relu(z))

    def load_from_keras(self, model: Any) -> None:
        """Take the weights of the project's own network."""

        def kernel(name: str) -> Tensor:
            return torch.from_numpy(model.get_layer(name).get_weights()[0])

        def norm(target: Any, name: str) -> None:
            gamma, beta, mean, variance = (torch.from_numpy(w) for w in model.get_layer(name).get_weights())
            found = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": variance}
            target.load_state_dict(found, strict=False)

        with torch.no_grad():
            for index in range(4):
                self.enc[index].weight.copy_(kernel(f"enc{index + 1}").permute(3, 2, 0, 1))
                norm(self.enc_bn[index], f"enc{index + 1}_bn")
            for index in range(3):
                # [k, k, out, in] in Keras, [in, out, k, k] here.
                self.dec[index].weight.copy_(kernel(f"dec{index + 1}").permute(3, 2, 0, 1))
                norm(self.dec_bn[index], "z" if index == 2 else f"dec{index + 1}_bn")
            self.channel_fc.copy_(kernel("channel_fc"))
            self.out.weight.copy_(kernel("out").permute(3, 2, 0, 1))


def restore(network: Autoencoder, y: Tensor, mask: Tensor, num_steps: int, rule: str, half: bool) -> Tensor:
    """Run the network and K - 1 updates of z, the gradient of the fidelity in closed form.

    Args:
        network: in evaluation mode.
        y: [B, 3, 64, 64].
        mask: [B, 1, 64, 64].
        num_steps: K.
        rule: "adam" with gamma 1e-3, or "gradient" with step size 0.1.
        half: whether g runs in bfloat16.
    """
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        z = network.g(y)
    z = z.float()
    mean, square = torch.zeros_like(z), torch.zeros_like(z)
    for index in range(1, num_steps):
        activated = functional.relu(z)
        residual = mask * network.out(activated) - y
        # The adjoint of a transposed convolution is the convolution with the same kernel.
        slope = functional.conv2d(2.0 * mask * residual, network.out.weight, stride=2, padding=1)
        gradient = slope * (z > 0)
        if rule == "gradient":
            z = z - 0.1 * gradient
        else:
            mean = torch.lerp(mean, gradient, 0.1)
            square = square.mul(0.999).addcmul(gradient, gradient, value=0.001)
            corrected = (square / (1 - 0.999**index)).clamp_min(1e-16)
            z = z - 1e-3 / (1 - 0.9**index) * mean * corrected.rsqrt()
    return network.h(z)


def loss_of_step(network: Autoencoder, y: Tensor, mask: Tensor, x: Tensor, num_steps: int, rule: str) -> Tensor:
    """Take a training step's forward and backward pass; the network must be in training mode."""
    network.zero_grad(set_to_none=True)
    loss = 0.5 * (restore(network, y, mask, num_steps, rule, False) - x).square().sum() / len(x)
    loss.backward()
    return loss.detach()
