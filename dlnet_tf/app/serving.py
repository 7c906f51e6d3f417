"""The page on a port of this machine, for nobody else, with nothing from elsewhere."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

HOST = "127.0.0.1"
# Largest size of an upload.
LARGEST_FILE = "200mb"
# A browser fetches nothing but from here, whatever a page asks for.
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; form-action 'self'"


class WithPolicy:
    """ASGI middleware that sends the policy with every answer."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await self.app(scope, receive, sending)


def serve(port: int | None, max_memory: float, in_browser: bool) -> None:
    """Serve the page until Ctrl-C.

    Args:
        port: where the page listens on this machine; None for the first free one from 7860.
        max_memory: what the whole process may take, in GB.
        in_browser: whether a browser is opened.

    Raises:
        ModuleNotFoundError: Gradio is not installed.
        OSError: the port is taken.
    """
    # As Ctrl-C does it: what was uploaded is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="dlnet-app-") as folder:
        # Read by Gradio and what it needs, when they are imported.
        os.environ |= {
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": str(pathlib.Path(folder) / "uploads"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_OFFLINE": "1",
        }
        import gradio as gr
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        from dlnet_tf.app.enlarging import Enlarger
        from dlnet_tf.app.filling import Filler
        from dlnet_tf.app.page import make_page

        enlarger = Enlarger(max_memory)
        enlarger.prepare()
        page = make_page(enlarger, Filler(max_memory), pathlib.Path(folder) / "results")
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
        _, url, _ = page.queue(max_size=20).launch(
            server_name=HOST,
            server_port=port,
            inbrowser=in_browser,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size=LARGEST_FILE,
            allowed_paths=[folder],
            enable_monitoring=False,
            ssr_mode=False,
            footer_links=[],
            run_history=False,
            # Fonts that are there, not those that a theme would fetch.
            theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
            app_kwargs={"middleware": [hosts, Middleware(WithPolicy)]},
        )
        print(f"{url}  (Ctrl-C ends it)", flush=True)
        page.block_thread()
