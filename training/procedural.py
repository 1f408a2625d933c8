"""Drawn scenes: text, plates, matrix codes, signs, lamps. What people want to read at night.

Each function draws into a BGR uint8 picture in place. No footage is needed: the tests and the
smoke run use these scenes alone.
"""

import cv2
import numpy as np

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_TRIPLEX,
)
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
LETTERS_TEXT = np.array(list("ABCDEFGHIJKLMNOPRSTUVWabcdefghijklmnoprstuvw0123456789 -.:/"))


def colour(rng, low: int = 0, high: int = 256) -> tuple:
    """BGR; half of the time close to grey"""
    c = rng.integers(low, high, 3)
    if rng.random() < 0.5:
        c = c.mean() + 0.2 * (c - c.mean())
    return tuple(int(v) for v in c)


def background(rng, h: int, w: int) -> np.ndarray:
    """Smooth colour fields with bricks, stripes or speckle on them."""
    small = rng.integers(60, 240, (3, 4, 3)).astype(np.float32)
    chroma = 0.1 if rng.random() < 0.7 else 0.5  # mostly greyish, as streets are
    grey = small.mean(2, keepdims=True)
    small = grey + chroma * (small - grey)
    img = cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)
    kind = rng.random()
    if kind < 0.3:
        step_y, step_x = int(rng.integers(8, 30)), int(rng.integers(16, 60))
        for row, y in enumerate(range(0, h, step_y)):
            img[y : y + 1] *= 0.7
            for x in range((row % 2) * step_x // 2, w, step_x):
                img[y : y + step_y, x : x + 1] *= 0.7
    elif kind < 0.5:
        t = np.arange(w)[None, :] * rng.uniform(-1, 1) + np.arange(h)[:, None] * rng.uniform(-1, 1)
        img *= 1 + 0.25 * np.sign(np.sin(t * rng.uniform(0.1, 0.9)))[..., None]
    elif kind < 0.8:
        speckle = cv2.resize(rng.normal(0, 14, (h // 2, w // 2)).astype(np.float32), (w, h))
        img += speckle[..., None]
    return np.clip(img, 0, 255).astype(np.uint8)


def boxes(img: np.ndarray, rng) -> None:
    h, w = img.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        a, b = rng.integers(0, (w, h)), rng.integers(8, (w // 2, h // 2))
        c = colour(rng, 20, 250)
        if rng.random() < 0.7:
            cv2.rectangle(img, tuple(map(int, a)), tuple(map(int, a + b)), c, -1)
        else:
            cv2.circle(img, tuple(map(int, a)), int(b.min()), c, -1, cv2.LINE_AA)


def text(img: np.ndarray, rng) -> None:
    h, w = img.shape[:2]
    dark = rng.random() < 0.5
    ink = colour(rng, 0, 70) if dark else colour(rng, 190, 256)
    size = float(rng.uniform(0.35, 1.6))
    y = int(rng.integers(10, h))
    x = int(rng.integers(0, max(w // 2, 1)))
    thick = 1 if size < 0.7 else int(rng.integers(1, 4))
    if rng.random() < 0.6:
        paper = colour(rng, 180, 256) if dark else colour(rng, 0, 90)
        cv2.rectangle(img, (x - 6, y - int(24 * size)), (x + int(220 * size), y + int(90 * size)), paper, -1)
    font = FONTS[rng.integers(len(FONTS))]
    for line in range(int(rng.integers(1, 5))):
        s = "".join(rng.choice(LETTERS_TEXT, int(rng.integers(3, 16))))
        cv2.putText(img, s, (x, y + int(line * 30 * size)), font, size, ink, thick, cv2.LINE_AA)


def plate(img: np.ndarray, rng) -> None:
    h, w = img.shape[:2]
    size = float(rng.uniform(0.4, 1.3))
    s = "".join(rng.choice(LETTERS, 3)) + rng.choice(["-", " "]) + "".join(rng.choice(LETTERS, 4))
    (tw, th), _ = cv2.getTextSize(s, cv2.FONT_HERSHEY_DUPLEX, size, 2)
    x, y = int(rng.integers(0, max(w - tw, 1))), int(rng.integers(th + 8, h))
    paper = (235, 240, 240) if rng.random() < 0.7 else (60, 200, 245)
    cv2.rectangle(img, (x - 8, y - th - 8), (x + tw + 8, y + 8), paper, -1)
    cv2.rectangle(img, (x - 8, y - th - 8), (x + tw + 8, y + 8), (30, 30, 30), 1)
    cv2.putText(img, s, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, (25, 20, 20), 2, cv2.LINE_AA)


def matrix_code(img: np.ndarray, rng) -> None:
    """Looks like a QR code (finder squares, random modules); carries nothing."""
    h, w = img.shape[:2]
    n, px = int(rng.choice([21, 25, 29, 33])), int(rng.integers(2, 7))
    m = (rng.random((n, n)) < 0.5).astype(np.uint8)
    finder = np.zeros((8, 8), np.uint8)
    finder[:7, :7] = 1
    finder[1:6, 1:6] = 0
    finder[2:5, 2:5] = 1
    m[:8, :8], m[:8, -8:], m[-8:, :8] = finder, finder[:, ::-1], finder[::-1]
    code = np.kron(np.pad(1 - m, 2, constant_values=1), np.ones((px, px), np.uint8))
    code = np.where(code, int(rng.integers(190, 256)), int(rng.integers(5, 60))).astype(np.uint8)
    side = code.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.normal(0, 12)), 1)
    turn[:, 2] += rng.uniform(0, 1, 2) * (max(w - side, 1), max(h - side, 1))
    paste = cv2.warpAffine(cv2.merge([code] * 3), turn, (w, h), flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(np.full((side, side), 255, np.uint8), turn, (w, h))[..., None] / np.float32(255)
    img[:] = (img * (1 - mask) + paste * mask).astype(np.uint8)


def bars(img: np.ndarray, rng) -> None:
    """A linear bar code or a zebra crossing."""
    h, w = img.shape[:2]
    x, y = int(rng.integers(0, w // 2)), int(rng.integers(0, h // 2))
    tall = int(rng.integers(20, 90))
    for _ in range(int(rng.integers(12, 50))):
        a, b = int(rng.integers(1, 6)), int(rng.integers(1, 6))
        cv2.rectangle(img, (x, y), (x + a - 1, y + tall), (20, 20, 20), -1)
        cv2.rectangle(img, (x + a, y), (x + a + b - 1, y + tall), (240, 240, 240), -1)
        x += a + b


def lamps(img: np.ndarray, rng) -> None:
    """Clipped lights with a glow."""
    h, w = img.shape[:2]
    for _ in range(int(rng.integers(1, 6))):
        at = (int(rng.integers(0, w)), int(rng.integers(0, h)))
        r = int(rng.integers(1, 9))
        glow = np.zeros((h, w), np.float32)
        cv2.circle(glow, at, r, 1.0, -1, cv2.LINE_AA)
        tint = np.array([rng.uniform(0.6, 1), rng.uniform(0.8, 1), 1.0], np.float32)
        halo = cv2.GaussianBlur(glow, (0, 0), r * 2.0)[..., None] * tint * 160
        img[:] = np.clip(img + halo, 0, 255).astype(np.uint8)
        cv2.circle(img, at, r, (255, 255, 255), -1, cv2.LINE_AA)


THINGS = (text, text, plate, matrix_code, bars)


def decorate(img: np.ndarray, rng, most: int = 3) -> None:
    """Put readable things and lamps onto a picture, in place."""
    for _ in range(int(rng.integers(1, most + 1))):
        THINGS[rng.integers(len(THINGS))](img, rng)
    if rng.random() < 0.3:
        lamps(img, rng)


def scene(rng, h: int = 320, w: int = 320) -> np.ndarray:
    """A whole drawn scene, BGR uint8 [h,w,3], drawn at double size so that edges are soft."""
    img = background(rng, 2 * h, 2 * w)
    boxes(img, rng)
    big = img if rng.random() < 0.5 else cv2.resize(img, (w, h), interpolation=cv2.INTER_AREA)
    decorate(big, rng, 5)
    return cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA)
