"""A page in a browser, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


class Opened:
    """A page of the browser, and everything that went wrong in it."""

    def __init__(self, browser: Any, file: Path, text: str, **context: Any) -> None:
        file.write_text(text, encoding="utf-8")
        self.context = browser.new_context(**{"viewport": DESKTOP, **context})
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", lambda m: self.problems.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on("dialog", self.refuse)
        self.requests: list[str] = []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.goto(file.as_uri())
        if context.get("java_script_enabled", True):
            self.settle()

    def refuse(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def settle(self) -> None:
        self.do("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def do(self, script: str) -> Any:
        return self.page.evaluate(script)

    def text(self, selector: str) -> str:
        return " ".join(str(self.page.inner_text(selector)).split())

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())

    def click(self, name: str) -> None:
        self.page.locator(f"#{name}").click()
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def close(self) -> None:
        self.context.close()
        assert self.problems == []
        assert len(self.requests) == 1, self.requests
