"""The language server: what the functions beside this file answer, over the protocol."""

from __future__ import annotations

import asyncio
import atexit
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from qdsl import __version__
from qdsl.editor import edits, navigation, problems
from qdsl.editor.analysis import Analysis, analyse, with_files
from qdsl.editor.calls import signature_help
from qdsl.editor.colours import KINDS, semantic_tokens
from qdsl.editor.completion import completion
from qdsl.editor.costs import Compilation
from qdsl.editor.document import Document
from qdsl.editor.hover import hover
from qdsl.editor.positions import Json

DELAY_S = 0.2  # without a key pressed, after which a text is checked
REQUEST_FAILED = -32803

_Wanted = TypeVar("_Wanted")
_CONVERTER = converters.get_converter()


def _as(kind: type[_Wanted], value: Json) -> _Wanted:
    """Plain values as the library's own."""
    return _CONVERTER.structure(value, kind)


def _each(kind: type[_Wanted], found: list[Json]) -> list[_Wanted]:
    return [_as(kind, value) for value in found]


def _plain(position: types.Position) -> Json:
    return {"line": position.line, "character": position.character}


class Opened:
    """A document that is open, and what goes on beside it."""

    def __init__(self, uri: str, document: Document) -> None:
        self.uri = uri
        self.document = document
        self.check: asyncio.Task[None] | None = None
        self.due = 0.0  # when it is to be checked, by the clock of the loop
        self.compilation: Compilation | None = None
        self.wants_costs = True

    def stop(self) -> None:
        if self.check is not None:
            self.check.cancel()
        self.stop_compiling()

    def stop_compiling(self) -> None:
        if self.compilation is not None:
            self.compilation.end()
            self.compilation = None


class Server(LanguageServer):
    """`folders` are those that programs may read from, besides their own."""

    def __init__(self, folders: Sequence[str | Path] = (), docs: str | None = None) -> None:
        super().__init__("qdsl", __version__)
        self.folders = tuple(folders)
        self.docs = docs
        self.opened: dict[str, Opened] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.compiling = asyncio.Semaphore(1)
        atexit.register(self.stop)
        _register(self)

    def stop(self) -> None:
        for opened in self.opened.values():
            opened.stop_compiling()

    # ---- texts -------------------------------------------------------------------------

    def open(self, uri: str) -> None:
        """Take a text, or how it is now, from the workspace; check it when nobody types."""
        text = self.workspace.get_text_document(uri)
        opened = self.opened.get(uri)
        if opened is None:
            path = to_fs_path(uri) if uri.startswith("file:") else None
            agreed = self.workspace.position_encoding  # one of the library's, or its name
            unit = str(getattr(agreed, "value", agreed) or "utf-16")
            document = Document(path or uri, text.source, text.version or 0, unit, self.folders)
            opened = self.opened[uri] = Opened(uri, document)
        else:
            opened.document.change(text.source, text.version or 0)
        self.check_later(opened, 0.0 if opened.document.latest is None else DELAY_S)

    def close(self, uri: str) -> None:
        opened = self.opened.pop(uri, None)
        if opened is not None:
            opened.stop()
            self.publish(uri, [], None)

    def document(self, uri: str) -> Document:
        if uri not in self.opened:
            self.open(uri)
        return self.opened[uri].document

    # ---- checks, beside all else -------------------------------------------------------

    def check_later(self, opened: Opened, delay: float = DELAY_S) -> None:
        """Check when nothing has been typed for so long; one check of a text at a time."""
        opened.due = asyncio.get_running_loop().time() + delay
        if opened.check is None or opened.check.done():
            opened.check = self._start(self._check(opened))

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _check(self, opened: Opened) -> None:
        loop, document = asyncio.get_running_loop(), opened.document
        while True:
            while (left := opened.due - loop.time()) > 0:
                await asyncio.sleep(left)
            text, version, due = document.text, document.version, opened.due
            path, folders = document.path, document.folders
            found = await self._beside(analyse, path, text, folders)
            if found is None:
                return
            document.take(found)
            self._tell(opened, version)
            if document.version == version:
                whole = await self._beside(with_files, found)
                if whole is not None and whole is not found:
                    document.take(whole)
                    self._tell(opened, version)
                await self._beside(document.formatted)
                if opened.due == due:
                    self._compile_if_wanted(opened, found)
                    return

    async def _beside(self, work: Callable[..., _Wanted], *arguments: Any) -> _Wanted | None:
        """What is found in a thread of its own. A bug is told, and ends nothing else."""
        try:
            return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
        except Exception as error:
            self.tell(f"a bug in qdsl, please report it: {type(error).__name__}: {error}")
            return None

    def tell(self, text: str) -> None:
        """A line in the editor's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, f"qdsl: {text}"))

    def _compile_if_wanted(self, opened: Opened, found: Analysis) -> None:
        """At the first time, and when the text was saved: if there are no errors."""
        is_sound = found.parses and found.checked is not None and found.checked.is_sound
        if opened.wants_costs and is_sound:
            opened.wants_costs = False
            opened.stop_compiling()
            self._start(self._compile(opened, found.text))

    def _tell(self, opened: Opened, version: int) -> None:
        latest = opened.document.latest
        if latest is not None and opened.document.version == version:
            unit = opened.document.unit
            told = problems.diagnostics(latest, opened.uri, unit, self.docs)
            self.publish(opened.uri, told, version)

    def publish(self, uri: str, told: list[Json], version: int | None) -> None:
        found = _each(types.Diagnostic, told)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    async def _compile(self, opened: Opened, text: str) -> None:
        """One at a time, whichever documents are open."""
        document = opened.document
        async with self.compiling:
            if self.opened.get(opened.uri) is not opened or opened.wants_costs:
                return
            compilation = Compilation(document.path, text, document.folders)
            opened.compilation = compilation
            costs = await self._beside(compilation.wait)
        if costs is None or opened.compilation is not compilation:
            return  # ended: the text was saved anew, or closed
        opened.compilation = None
        document.costs = costs
        if costs.seconds is not None:
            self.tell(f"not all ebits are shown: compiling took more than {costs.seconds:g} s")
        workspace = self.client_capabilities.workspace
        hints = workspace.inlay_hint if workspace is not None else None
        if hints is not None and hints.refresh_support:
            self.workspace_inlay_hint_refresh(None)


def _at(server: Server, params: Any) -> tuple[Document, int]:
    """The document of a request, and the offset that it is about."""
    document = server.document(params.text_document.uri)
    return document, document.lines.offset(_plain(params.position))


def _register(server: Server) -> None:
    """Say what is answered, and by what."""
    _follow(server)
    _register_questions(server)
    _register_edits(server)


def _follow(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.open(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.open(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.document(params.text_document.uri)
        now = server.opened[params.text_document.uri]
        now.wants_costs = True
        for opened in server.opened.values():  # others may use this file
            server.check_later(opened, 0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    async def ended(params: None) -> None:
        server.stop()


def _register_questions(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: types.HoverParams) -> types.Hover | None:
        found = hover(*_at(server, params))
        return None if found is None else _as(types.Hover, found)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def on_definition(params: types.DefinitionParams) -> types.Location | None:
        found = navigation.definition(*_at(server, params))
        if found is None:
            return None
        uri = found["uri"] or params.text_document.uri
        return types.Location(uri, _as(types.Range, found["range"]))

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def on_references(params: types.ReferenceParams) -> list[types.Location]:
        with_declaration = params.context.include_declaration
        found = navigation.references(*_at(server, params), with_declaration)
        uri = params.text_document.uri
        return [types.Location(uri, place) for place in _each(types.Range, found)]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.document(params.text_document.uri)
        return _each(types.DocumentSymbol, navigation.document_symbols(document))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "@"])
    )
    async def on_completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        return _each(types.CompletionItem, completion(*_at(server, params)))

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","]),
    )
    async def on_signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        found = signature_help(*_at(server, params))
        return None if found is None else _as(types.SignatureHelp, found)

    @server.feature(
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        types.SemanticTokensLegend(token_types=list(KINDS), token_modifiers=[]),
    )
    async def on_colours(params: types.SemanticTokensParams) -> types.SemanticTokens:
        return types.SemanticTokens(semantic_tokens(server.document(params.text_document.uri)))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def on_hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        document = server.document(params.text_document.uri)
        found = edits.inlay_hints(document, params.range.start.line, params.range.end.line)
        return _each(types.InlayHint, found)


def _register_edits(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def on_prepare(params: types.PrepareRenameParams) -> types.Range:
        return _as(types.Range, _or_refuse(navigation.prepare_rename, *_at(server, params)))

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def on_rename(params: types.RenameParams) -> types.WorkspaceEdit:
        found = _or_refuse(navigation.rename, *_at(server, params), params.new_name)
        return types.WorkspaceEdit({params.text_document.uri: _each(types.TextEdit, found)})

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def on_formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = server.document(params.text_document.uri)
        return _each(types.TextEdit, edits.formatting(document))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def on_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(params.text_document.uri)
        start, end = (
            document.lines.offset(_plain(p)) for p in (params.range.start, params.range.end)
        )
        found = problems.code_actions(document, params.text_document.uri, start, end)
        return _each(types.CodeAction, found)


def _or_refuse(asked: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return asked(*arguments)
    except navigation.CannotRename as refusal:
        raise JsonRpcException(str(refusal), REQUEST_FAILED) from None


def serve(folders: Sequence[str | Path] = (), docs: str | None = None) -> None:
    """Answer over standard input and output until the editor says `exit`, or is gone."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # else a refusal is told with its trace
    Server(folders, docs).start_io()
