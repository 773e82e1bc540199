"""Pictures made worse: uint8 `(height, width, channels)` in and out."""

import math

import numpy as np

from mmkeras.evaluation.corruption import Corruption

GREY = 128


def gaussian_noise(
    pixels: np.ndarray, std: float, random: np.random.Generator
) -> np.ndarray:
    """Normal noise of this standard deviation, in grey levels."""
    noise = random.standard_normal(pixels.shape, "float32")
    return np.clip(np.rint(pixels + std * noise), 0, 255).astype("uint8")


def gaussian_blur(
    pixels: np.ndarray, width: float, random: np.random.Generator
) -> np.ndarray:
    """A Gaussian whose standard deviation is this share of the shorter side."""
    import cv2

    sigma = width * min(pixels.shape[:2])
    return cv2.GaussianBlur(pixels, (0, 0), sigma).reshape(pixels.shape)


def occlusion(
    pixels: np.ndarray, share: float, random: np.random.Generator
) -> np.ndarray:
    """A grey box of this share of the area, of the picture's aspect ratio."""
    place = random.random(2)
    box = [
        (math.floor(at * (side - covered)), covered)
        for at, side in zip(place, pixels.shape, strict=False)
        for covered in [round(side * math.sqrt(share))]
    ]
    (top, height), (left, width) = box
    covered = pixels.copy()
    covered[top : top + height, left : left + width] = GREY
    return covered


def jpeg(pixels: np.ndarray, quality: float, random: np.random.Generator) -> np.ndarray:
    """Written as JPEG at this quality, 1 to 100, and read again."""
    import cv2

    # OpenCV takes blue first; without it the two would lose the wrong detail.
    written = cv2.imencode(
        ".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    )[1]
    read = np.asarray(cv2.imdecode(written, cv2.IMREAD_UNCHANGED))
    return read.reshape(pixels.shape)[..., ::-1]


# Noise and JPEG as in ImageNet-C, whose blur of 1 to 6 pixels on 224 is 0.4 to 2.7 %.
# The smaller pictures of CIFAR-10-C are blurred by 1.2 to 3.1 % of their side.
PICTURE_CORRUPTIONS = (
    Corruption("gaussian_noise", gaussian_noise, (20, 31, 46, 66, 97), "grey levels"),
    Corruption(
        "gaussian_blur", gaussian_blur, (0.01, 0.015, 0.02, 0.03, 0.04), "of the side"
    ),
    Corruption("occlusion", occlusion, (0.05, 0.1, 0.2, 0.3, 0.5), "of the area"),
    Corruption("jpeg", jpeg, (25, 18, 15, 10, 7), "quality"),
)
