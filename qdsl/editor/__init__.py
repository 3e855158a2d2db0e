"""What editors ask of a program while it is written; `server` answers over their protocol.

Everything but `server` is plain: functions from a document and an offset to what the protocol
calls the answer, as JSON-like values, so that it can be tested and used without an editor.
"""
