"""Printing: an XLSX or DOCX to PDF through LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gridkit.errors import GridkitError
from gridkit.exchange.output import put

SECONDS = 180
# a picture that a file names on the web is not fetched; whatever else asks finds no way out
_CUT_OFF = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop
 oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop
 oor:name="ooInetProxyType" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop
 oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop
 oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop
 oor:name="ooInetHTTPSProxyName" oor:op="fuse"><value>127.0.0.1</value></prop></item>
<item oor:path="/org.openoffice.Inet/Settings"><prop
 oor:name="ooInetHTTPSProxyPort" oor:op="fuse"><value>9</value></prop></item>
</oor:items>
"""


def find_office() -> str | None:
    """Give the path of LibreOffice; None where it is not installed."""
    usual = (
        "soffice",
        "libreoffice",
        "/Applications/LibreOffice.app/Contents/MacOS/soffice",
        r"C:\Program Files\LibreOffice\program\soffice.exe",
    )
    return next((found for name in usual if (found := shutil.which(name))), None)


def to_pdf(path: str | Path, into: str | Path | None = None) -> Path:
    """Print a report to PDF.

    Parameters
    ----------
    path : str or Path
        An .xlsx or .docx file.
    into : str or Path, optional
        The PDF; beside `path` by default.

    Returns
    -------
    Path

    Raises
    ------
    GridkitError
        If LibreOffice is not installed or cannot print the file.
    """
    path = Path(path)
    return put(into or path.with_suffix(".pdf"), lambda draft: convert(path, "pdf", draft))


def convert(path: Path, kind: str, into: Path) -> None:
    """Let LibreOffice turn a file into another kind; it recalculates spreadsheets.

    Raises
    ------
    GridkitError
        If LibreOffice is not installed or fails.
    """
    office = find_office()
    if office is None:
        raise GridkitError(
            zh="没有找到 LibreOffice, 不能转成 PDF; 请安装, 或用 Word、WPS 打开后另存为 PDF。",
            en="LibreOffice was not found, so no PDF; install it, or save as PDF from Word or WPS.",
        )
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile")
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_CUT_OFF, "utf-8")
        own = f"-env:UserInstallation={profile.as_uri()}"
        command = [office, own, "--headless", "--norestore"]
        command += ["--convert-to", kind, "--outdir", folder, str(path)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                env={**os.environ, "HOME": folder},
            )
        except subprocess.TimeoutExpired:
            done = None
        made = Path(folder) / f"{path.stem}.{kind}"
        if done is None or done.returncode or not made.is_file():
            raise GridkitError(
                zh=f"LibreOffice 没能转换 {path.name}; 请用 Word、WPS 打开后另存。",
                en=f"LibreOffice could not convert {path.name}; save it from Word or WPS.",
            )
        shutil.copyfile(made, into)
