"""The last steps of the camera's flow: a moving picture, a walk test, and saving."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import callback
from homeassistant.helpers.translation import async_get_translations

from ..cameras.tryout import SHOWN_S, WALK_S, CameraTryout, create_tryout
from ..const import DOMAIN, LOGGER
from ..engine.core.errors import DetectorError, HomeSecError, SourceError
from ..exceptions import EngineNotRunningError
from ..translations import async_options
from ..urls import PREVIEW_URL, TRYOUT_URL
from .camera_search import CameraSearchSteps
from .camera_source import TEXTS
from .subentry_flow import abort_if_not_loaded, abort_if_removed

if TYPE_CHECKING:
    from homeassistant.config_entries import SubentryFlowResult

    from ..engine.core.camera_reports import WalkReport

PREVIEW_LIFETIME = timedelta(minutes=30)
MENU = ["walk", "save", "settings"]  # in this order before a test…
TESTED_MENU = ["save", "walk", "settings"]  # …and after one that succeeded
PROGRESS_S = 1.0  # between two steps of the progress bar


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraAnswers:
    """What the forms were answered: a camera that can be saved."""

    name: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    unique_id: str = ""


class CameraEndSteps(CameraSearchSteps):
    """Part of the camera's flow: what comes after all the questions."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = CameraAnswers()
        self._tryout: CameraTryout | None = None
        self._walk_task: asyncio.Task[str] | None = None
        self._result = ""  # Markdown, of the last walk test…
        self._seen_picture = ""  # …and of who was seen

    async def _async_end(self, answers: CameraAnswers) -> SubentryFlowResult:
        """Show the camera before it's saved; one whose source stays the same is saved at once."""
        await self._async_end_tryout()
        self._answers = answers
        self._result = self._seen_picture = ""
        if self._source_unchanged():
            return await self.async_step_save(None)
        return await self.async_step_ready(None)

    @abort_if_not_loaded
    async def async_step_ready(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what the camera sees, and ask whether to test or to save it."""
        return self.async_show_menu(
            step_id="ready",
            menu_options=TESTED_MENU if self._seen_picture else MENU,
            description_placeholders={
                "result": self._result,
                "picture": self._seen_picture or self._async_moving_picture(),
            },
        )

    @abort_if_not_loaded
    async def async_step_walk(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait for a person who walks past the camera."""
        picture = self._async_moving_picture()
        if self._walk_task is None:
            self._walk_task = self.hass.async_create_task(
                self._async_walk(), "HomeSec walk test", eager_start=False
            )
        if not self._walk_task.done():
            return self.async_show_progress(
                step_id="walk",
                progress_action="walk",
                progress_task=self._walk_task,
                description_placeholders={"picture": picture},
            )
        self._result, self._walk_task = self._walk_task.result(), None
        return self.async_show_progress_done(next_step_id="ready")

    @abort_if_removed
    @abort_if_not_loaded
    async def async_step_save(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Close the camera, and save it."""
        answers = self._answers
        await self._async_end_tryout()
        if self._is_duplicate(answers.unique_id):  # added meanwhile, for example in another tab
            return self.async_abort(reason="already_configured")
        if self._preview.jpeg is not None:
            await self._runtime.pictures.async_save(answers.unique_id, self._preview.jpeg)
        return self._save(answers.name, answers.data, answers.unique_id)

    async def _async_walk(self) -> str:
        """Test the camera, and return what to say of it."""
        self._seen_picture = ""
        progress = self.hass.async_create_background_task(
            self._async_show_progress(), "HomeSec walk test progress"
        )
        try:
            return await self._async_describe(await self._use_tryout().async_walk())
        except SourceError as err:
            return await self._async_failure("lost", err)
        except DetectorError:
            return await self._async_failure("detector")
        except HomeSecError, EngineNotRunningError:
            return await self._async_failure("interrupted")
        except Exception:  # noqa: BLE001 - the flow goes on, and the log has the error
            LOGGER.exception("The walk test of a camera failed")
            return await self._async_failure("interrupted")
        finally:
            progress.cancel()

    async def _async_show_progress(self) -> None:
        """Draw how much of the time is over."""
        steps = round(WALK_S / PROGRESS_S)
        for step in range(steps):
            self.async_update_progress(step / steps)
            await asyncio.sleep(PROGRESS_S)

    async def _async_describe(self, report: WalkReport) -> str:
        """Return Markdown about who was seen, or about what may have kept HomeSec from it."""
        texts = await async_options(self.hass, "walk_result")
        labels = await async_options(self.hass, "label")
        found, details = report.found, {"seconds": f"{report.seconds:.0f}"}
        if found is not None:
            details["label"] = labels.get(found.label, found.label.capitalize())
            details["confidence"] = f"{found.score:.0%}"
        if report.label is not None:
            if report.jpeg is not None:
                self._seen_picture = self._async_still(report.jpeg)
            return _alert("success", texts["seen"].format(**details))
        hints = await async_options(self.hass, "walk_hint")
        hint = "" if report.hint is None else hints[report.hint].format(**details)
        return _alert("warning", f"{texts['unseen'].format(**details)} {hint}")

    async def _async_failure(self, key: str, error: SourceError | None = None) -> str:
        """Return Markdown about why the test couldn't go on, and what to do."""
        text = (await async_options(self.hass, "walk_result"))[key]
        if error is not None:
            texts = await async_get_translations(
                self.hass, self.hass.config.language, TEXTS.partition(".")[0], {DOMAIN}
            )
            reason = texts.get(f"component.{DOMAIN}.{TEXTS}.error.{error.key}", error.key)
            for name, detail in error.placeholders.items():
                reason = reason.replace(f"{{{name}}}", detail)
            text = f"{text} {reason}"
        return _alert("error", text)

    @callback
    def _use_tryout(self) -> CameraTryout:
        """Return the camera's tryout; a new one if the last has ended with its engine."""
        runtime, tryout = self._runtime, self._tryout
        if tryout is None or not tryout.is_current:
            self._forget_tryout()
            answers = self._answers
            tryout = create_tryout(
                self.hass,
                runtime.host,
                answers.name,
                answers.data,
                still=self._preview.jpeg,
            )
            self._tryout = runtime.tryouts[tryout.token] = tryout
        return tryout

    @callback
    def _async_moving_picture(self) -> str:
        """Return Markdown that shows the camera as it moves."""
        tryout = self._use_tryout()
        tryout.extend()
        path = TRYOUT_URL.format(token=tryout.token)
        return f"![]({async_sign_path(self.hass, path, timedelta(seconds=SHOWN_S))})"

    @callback
    def _async_still(self, jpeg: bytes | None) -> str:
        """Keep a picture for its URL, and return Markdown that shows it."""
        if jpeg is None:
            return ""
        self._runtime.previews[self.flow_id] = jpeg
        path = PREVIEW_URL.format(flow_id=self.flow_id)
        return f"![]({async_sign_path(self.hass, path, PREVIEW_LIFETIME)})"

    async def _async_end_tryout(self) -> None:
        """Close the camera, which many can be only once."""
        if (tryout := self._forget_tryout()) is not None:
            await tryout.async_stop()

    @callback
    def _forget_tryout(self) -> CameraTryout | None:
        tryout, self._tryout = self._tryout, None
        if tryout is not None and self._is_loaded:
            self._runtime.tryouts.pop(tryout.token, None)
        return tryout

    @property
    def _is_loaded(self) -> bool:
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        return entry is not None and entry.state is ConfigEntryState.LOADED

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the picture, and close the camera, when the flow ends or is aborted."""
        super().async_remove()
        if self._is_loaded:
            self._runtime.previews.pop(self.flow_id, None)
        if (tryout := self._forget_tryout()) is not None:
            self.hass.async_create_task(tryout.async_stop(), "HomeSec camera tryout")


def _alert(kind: str, text: str) -> str:
    return f'<ha-alert alert-type="{kind}">{escape(text, quote=False)}</ha-alert>\n\n'
