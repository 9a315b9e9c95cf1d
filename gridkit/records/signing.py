"""Signatures: the key of this installation, and whose bundles a workspace takes.

A bundle is signed with Ed25519 by the installation that wrote it. The secret key never
leaves the machine: it lies beside the installation's number, not in the workspace, which
may be copied to a USB stick. Whom a workspace trusts is a short text file in its folder
that a person can read: one public key and one label (a device, never a name) each.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gridkit.errors import DataError, StoreError, why_os
from gridkit.records.installation import home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE = "signing_key"
TRUSTED_FILE = "trusted_keys.toml"
_KEY = re.compile(r"[0-9a-f]{64}")
# what a signature of ours is about: the same key can never be tricked into signing another thing
_CONTEXT = b"gridkit bundle 1\x00"


class TrustedKey(NamedTuple):
    """A device whose bundles are taken: its public key (64 hex digits) and what it is called."""

    public: str
    label: str


def own_key() -> Ed25519PrivateKey:
    """Give the secret key of this installation, made when it is first asked for.

    Returns
    -------
    Ed25519PrivateKey
        From the file `signing_key` (mode 0600) beside the installation's number.

    Raises
    ------
    StoreError
        If it can be neither read nor made, or others than its owner may read it.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        path = home() / KEY_FILE
        if not path.exists():
            _make(path, Ed25519PrivateKey.generate().private_bytes_raw())
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise StoreError(
                zh=f"签名密钥 {KEY_FILE} 可被他人读取; 请改为仅本人可读 (chmod 600), 或删除后重新生成。",
                en=f"Others may read the signing key {KEY_FILE}; make it yours alone "
                "(chmod 600), or delete it so that a new one is made.",
            )
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))
    except (OSError, RuntimeError, ValueError):
        raise StoreError(
            zh=f"本机的签名密钥 {KEY_FILE} 读不出来, 也不能新建; 请检查用户文件夹的权限。",
            en=f"This machine's signing key {KEY_FILE} can be neither read nor made; "
            "check the permissions of your home folder.",
        ) from None


def _make(path: Path, secret: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secret.hex())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def own_public() -> str:
    """Give the public key of this installation, to be trusted elsewhere: 64 hex digits."""
    return own_key().public_key().public_bytes_raw().hex()


def is_public(text: str) -> bool:
    """Tell whether a text has the form of a public key.

    Examples
    --------
    >>> is_public("00" * 32), is_public("")
    (True, False)
    """
    return _KEY.fullmatch(text) is not None


def fingerprint(public: str) -> str:
    """Shorten a public key to what two people can compare on the telephone.

    Returns
    -------
    str
        Six groups of four hex digits: 96 bits of the key's SHA-256.

    Examples
    --------
    >>> fingerprint("00" * 32)
    '6668-7aad-f862-bd77-6c8f-c18b'
    """
    digest = hashlib.sha256(bytes.fromhex(public)).hexdigest()
    return "-".join(digest[i : i + 4] for i in range(0, 24, 4))


def sign(digest: bytes) -> bytes:
    """Sign a digest with the key of this installation: 64 bytes."""
    return own_key().sign(_CONTEXT + digest)


def is_signed(public: str, digest: bytes, signature: bytes) -> bool:
    """Tell whether a signature of a digest was made by the owner of a public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(signature, _CONTEXT + digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def trusted_keys(folder: str | Path) -> tuple[TrustedKey, ...]:
    """Read whom a workspace trusts; nobody, where it has no such file.

    Parameters
    ----------
    folder : str or Path
        The workspace.

    Returns
    -------
    tuple of TrustedKey

    Raises
    ------
    StoreError
        If the file cannot be read, or an entry is no key.
    """
    path = Path(folder) / TRUSTED_FILE
    if not path.exists():
        return ()
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("key", [])
        return tuple(
            TrustedKey(_checked(entry["public"]), str(entry["label"])) for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DataError):
        raise StoreError(
            zh=f"{TRUSTED_FILE} 读不懂; 每个 [[key]] 须有 public (64 位十六进制) 和 label 两项。",
            en=f"{TRUSTED_FILE} cannot be read; each [[key]] needs `public` (64 hex digits) "
            "and `label`.",
        ) from None


def trust(folder: str | Path, public: str, label: str) -> TrustedKey:
    """Write down that a workspace takes bundles signed with a key.

    Parameters
    ----------
    folder : str or Path
        The workspace.
    public : str
        64 hex digits, compared with its owner by another way than the USB stick.
    label : str
        Which device it is, in one line: "古镛镇 3 号平板". Never a name.

    Returns
    -------
    TrustedKey

    Raises
    ------
    DataError
        If it is no key, or the label is none.
    StoreError
        If the file cannot be written.
    """
    label = label.strip()
    if not label or not label.isprintable() or len(label) > 60:
        raise DataError(
            zh="`label` 须为一行文字, 1 至 60 字, 写设备, 不写人名。",
            en="`label` must be one line of 1 to 60 characters: the device, not a name.",
        )
    added = TrustedKey(_checked(public), label)
    others = [key for key in trusted_keys(folder) if key.public != added.public]
    _write(Path(folder) / TRUSTED_FILE, [*others, added])
    return added


def _write(path: Path, keys: Sequence[TrustedKey]) -> None:
    lines = ["# 信任这些设备签名的数据包 · bundles signed by these devices are taken\n"]
    for key in keys:
        label = key.label.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[[key]]\nlabel = "{label}"\npublic = "{key.public}"\n')
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_text("\n".join(lines), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StoreError(
            zh=f"不能写入 {path.name} ({why_os(error)}); 请检查写权限。",
            en=f"{path.name} cannot be written ({error.strerror}); check the permissions.",
        ) from None


def _checked(public: object) -> str:
    text = str(public).strip().lower()
    if not _KEY.fullmatch(text):
        raise DataError(
            zh="公钥须为 64 位十六进制数字, 由 gridkit bundle --key 给出。",
            en="A public key is 64 hex digits, as `gridkit bundle --key` gives them.",
        )
    return text
