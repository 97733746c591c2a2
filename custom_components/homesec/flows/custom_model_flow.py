"""The steps that add or remove a custom model."""

from functools import partial
import shutil
from typing import TYPE_CHECKING, Any, override

from homeassistant.core import callback

from ..const import CONF_MODEL, LOGGER
from ..detector.model_choice import custom_model_titles, models_dir
from ..detector.setup import async_install_detector
from ..engine.core.errors import CustomModelRefused, DetectorError, DetectorMissing, HomeSecError
from ..engine.model_zoo.custom_models import remove_custom_model
from .custom_model_form import (
    CONF_FILE,
    CONF_LABELS,
    CONF_LABELS_FILE,
    CONF_WEIGHTS,
    DESCRIPTION_SCHEMA,
    FIELDS,
    FILES_SCHEMA,
    default_description,
    read_description,
    removal_schema,
)
from .custom_model_import import (
    find_detector,
    read_upload,
    save_uploads,
    store_known_files,
    try_and_import,
)
from .problems import PROBLEM, FormSteps, async_problem

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from homeassistant.config_entries import ConfigFlowResult

    from ..engine.model_zoo.custom_models import CustomModel
    from ..engine_host import EngineHost


class CustomModelSteps(FormSteps):
    """Part of the config flow: custom models."""

    def __init__(self) -> None:
        super().__init__()
        self._uploads: Path | None = None
        """Folder of the uploaded files, deleted when the flow ends."""
        self._files: list[Path] = []
        self._detector = ""  # the detector that can run the files
        self._description: dict[str, Any] = {}
        self._errors: dict[str, str] = {}
        self._reason = ""
        self._trial: asyncio.Task[CustomModel] | None = None
        self.added: CustomModel | None = None

    async def async_step_add_model(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the files; those of a built-in model need no description."""
        errors: dict[str, str] = {}
        if user_input is not None:
            uploads = [user_input[key] for key in (CONF_FILE, CONF_WEIGHTS) if user_input.get(key)]
            try:
                names = await self._async_store(uploads)
            except (ValueError, OSError, HomeSecError) as err:
                LOGGER.warning("The files of a model could not be read: %s", err)
                errors[CONF_FILE] = "upload_failed"
            else:
                if names:
                    entry = self._get_reconfigure_entry()
                    self.hass.config_entries.async_schedule_reload(entry.entry_id)
                    files = ", ".join(names)
                    return self.async_abort(
                        reason="files_placed", description_placeholders={"files": files}
                    )
                if (detector := find_detector(self._files)) is not None:
                    self._detector = detector
                    self._description = default_description(self._files[0].stem)
                    return await self.async_step_describe()
                errors[CONF_FILE] = "own_files_unfit"
        return self.async_show_form(
            step_id="add_model", data_schema=FILES_SCHEMA, errors=errors, last_step=False
        )

    async def _async_store(self, uploads: list[str]) -> list[str]:
        """Keep the uploads until the flow ends; return the names of built-in models' files."""
        self._delete_uploads()
        run = self.hass.async_add_executor_job
        self._uploads, self._files = await run(save_uploads, self.hass, uploads)
        return await run(store_known_files, models_dir(self.hass), self._files)

    async def async_step_describe(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what the files don't contain."""
        if user_input is not None:
            self._description, self._errors = user_input, {}
            if upload := self._description.pop(CONF_LABELS_FILE, None):
                try:
                    self._description[CONF_LABELS] = await self.hass.async_add_executor_job(
                        read_upload, self.hass, upload
                    )
                except ValueError, OSError:
                    self._errors = {CONF_LABELS_FILE: "labels_file_unreadable"}
            if self._errors:
                return await self._async_from_top("describe")
            return await self.async_step_try_model()
        return self.async_show_form(
            step_id="describe",
            data_schema=self.add_suggested_values_to_schema(DESCRIPTION_SCHEMA, self._description),
            errors=self._errors,
            description_placeholders={
                "files": ", ".join(path.name for path in self._files),
                "reason": self._reason,
                PROBLEM: await async_problem(
                    self.hass, "config", self._errors, {"reason": self._reason}
                ),
            },
            last_step=False,
        )

    async def async_step_try_model(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Load the model and run it once while the flow shows that it is working."""
        if self._trial is None:
            # Not eagerly, for the same reason as the preview of a camera.
            self._trial = self.hass.async_create_task(
                self._async_try(), "HomeSec model trial", eager_start=False
            )
        if not self._trial.done():
            return self.async_show_progress(
                step_id="try_model", progress_action="try_model", progress_task=self._trial
            )
        trial, self._trial = self._trial, None
        try:
            self.added = trial.result()
        except CustomModelRefused as err:
            field, self._reason = err.placeholders["field"], err.placeholders["reason"]
            self._errors = {FIELDS[field]: f"own_{field}_refused"}
        except DetectorMissing as err:
            self._errors = {"base": err.key}
        except DetectorError as err:
            self._errors, self._reason = {"base": "own_not_working"}, str(err)
        except Exception:  # noqa: BLE001 - the flow goes on, and the log has the error
            LOGGER.exception("The test of a model failed")
            self._errors = {"base": HomeSecError.key}
        else:
            return self.async_show_progress_done(next_step_id="detector")
        return self.async_show_progress_done(next_step_id="describe")

    async def _async_try(self) -> CustomModel:
        if not await async_install_detector(self.hass, self._detector):
            raise DetectorMissing(detector=self._detector)
        folder, description = models_dir(self.hass), read_description(self._description)
        host: EngineHost = self._get_reconfigure_entry().runtime_data.host
        engine = await host.async_wait_engine()
        return await host.async_run_raw(
            try_and_import,
            folder,
            self._files,
            self._detector,
            description,
            engine.try_model,
        )

    async def async_step_remove_model(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which custom model to remove; if it is in use, the default model replaces it."""
        folder = models_dir(self.hass)
        errors: dict[str, str] = {}
        if user_input is not None:
            name = user_input[CONF_MODEL]
            try:
                await self.hass.async_add_executor_job(remove_custom_model, folder, name)
            except OSError as err:
                LOGGER.warning("A model could not be removed: %s", err)
                errors[CONF_MODEL] = "remove_failed"
            else:
                entry = self._get_reconfigure_entry()
                data = {k: v for k, v in entry.data.items() if (k, v) != (CONF_MODEL, name)}
                return self.async_update_and_abort(entry, data=data, reason="model_removed")
        titles = await self.hass.async_add_executor_job(custom_model_titles, folder)
        return self.async_show_form(
            step_id="remove_model", data_schema=removal_schema(titles), errors=errors
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the uploads when the flow ends or is aborted."""
        super().async_remove()
        self._delete_uploads()

    @callback
    def _delete_uploads(self) -> None:
        if self._uploads is not None:
            delete = partial(shutil.rmtree, self._uploads, ignore_errors=True)
            self.hass.async_add_executor_job(delete)
            self._uploads = None
