"""Files to take away: made in the background while the page says how far they are, then offered for download."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import streamlit as st

from pingchang_geo.briefing import Briefing, dump
from pingchang_geo.briefing.story import Story
from pingchang_geo.errors import PingchangError
from pingchang_geo.exports.filenames import file_stem
from pingchang_geo.settings import settings
from pingchang_geo.ui.briefing.state import Table, bench
from pingchang_geo.ui.text import plain
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.briefings import playing
from pingchang_geo.workflow.briefings.telling import tell

_LOOK_S: Final = 0.7
_LOG: Final = logging.getLogger(__name__)
#: One file at a time for all readers: each takes a processor for half a minute, and the pages need one too.
_ONE_AT_A_TIME: Final = threading.Semaphore(1)

Progress = Callable[[str], None]
#: Makes the bytes of a file.
Make = Callable[[Story, Atlas, Progress], bytes]


@dataclass(frozen=True)
class Export:
    """One kind of file; ``kind`` is also its ending."""

    kind: str
    label: str
    icon: str
    mime: str
    make: Make
    help: str


def _slides(story: Story, atlas: Atlas, progress: Progress) -> bytes:
    # Loaded when somebody wants it: drawing on paper takes a second to load.
    from pingchang_geo.workflow.briefings.slides import deck  # noqa: PLC0415

    return deck(story, atlas, on=f"{date.today():%Y-%m-%d}", progress=_pages(progress)).content


def _handout(story: Story, atlas: Atlas, progress: Progress) -> bytes:
    from pingchang_geo.workflow.briefings.handout import handout  # noqa: PLC0415

    return handout(story, atlas, made_at=datetime.now().astimezone(), progress=_pages(progress)).content


def _single_file(story: Story, atlas: Atlas, progress: Progress) -> bytes:
    progress("收集地图、图表与文字")
    return playing.single_file(story, atlas, settings().web_dir)


def _images(story: Story, atlas: Atlas, progress: Progress) -> bytes:
    from pingchang_geo.workflow.briefings.images import archive  # noqa: PLC0415

    return archive(story, atlas, on=f"{date.today():%Y-%m-%d}", progress=_pages(progress))[0]


def _pages(progress: Progress) -> Callable[[int, int, str], None]:
    return lambda done, total, words: progress(f"{words}（{done}/{total}）")


EXPORTS: Final = (
    Export(
        "pptx",
        " PowerPoint",
        ":material/slideshow:",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _slides,
        "可在 PowerPoint 或 WPS 中编辑的幻灯片，图表为原生图表",
    ),
    Export(
        "pdf",
        "讲义 PDF",
        ":material/picture_as_pdf:",
        "application/pdf",
        _handout,
        "场景与讲稿，供打印分发",
    ),
    Export(
        "html",
        "单文件 HTML",
        ":material/html:",
        "text/html",
        _single_file,
        "一个文件，无需网络和服务器，用浏览器打开即可放映",
    ),
    Export(
        "zip",
        "图片 PNG",
        ":material/image:",
        "application/zip",
        _images,
        "每个场景的地图（1920×1080）和图表各一张图片，打包为 ZIP，可插入任何文档",
    ),
)


class _StoppedError(Exception):
    """The reader has given the file up."""


@dataclass
class Job:
    """A file being made by a thread of its own, for one state of one briefing; or made."""

    briefing: Briefing
    atlas_id: str
    steps: list[str] = field(default_factory=list)
    content: bytes | None = None
    wrong: str = ""
    stopped: bool = False

    def step(self, words: str) -> None:
        """Note how far it is; ends the thread once nobody wants the file any more."""
        if self.stopped:
            raise _StoppedError
        self.steps.append(words)

    def stop(self) -> None:
        """Have the thread end at its next step. A plain object: a callback cannot be cut short here."""
        self.stopped = True
        if self.working:
            self.wrong = "已取消。"

    @property
    def working(self) -> bool:
        """Whether the file is still being made."""
        return self.content is None and not self.wrong

    def fits(self, briefing: Briefing, atlas_id: str) -> bool:
        """Whether the file is (or will be) of this state of the briefing and the data."""
        return self.briefing == briefing and self.atlas_id == atlas_id


def exports(table: Table, found: Atlas) -> None:
    """A pop-over with every kind of file."""
    with st.popover(
        "导出", icon=":material/download:", width="content", key="briefing_exports", on_change="rerun"
    ) as box:
        if not box.open:
            return
        if table.work is not None:
            st.caption("导出的是当前内容，含尚未保存的修改。")
        with st.container(gap="xsmall"):
            for export in EXPORTS:
                _offer(export, table, found)
            st.download_button(
                "场景文件 TOML",
                data=dump(table.briefing).encode("utf-8"),
                file_name=f"{table.name}.toml",
                mime="application/toml",
                icon=":material/data_object:",
                on_click="ignore",
                key="export_toml",
                help="汇报的全部内容，可导入到另一台服务器或用文本编辑器修改",
                width="stretch",
            )
        st.caption("隐藏的场景不导出。示意数据的标注、数据版本与来源随文件带出。")


def _offer(export: Export, table: Table, found: Atlas) -> None:
    job = bench().jobs.get(export.kind)
    if job is None or not job.fits(table.briefing, found.id):
        _begin(export, table, found, f"生成{export.label}")
    elif job.working:
        _watch(export.label, job)
    elif job.wrong:
        st.warning(job.wrong, icon=":material/error:")
        _begin(export, table, found, "重新生成")
    else:
        size_mb = len(job.content) / 1e6
        st.download_button(
            f"下载{export.label}（{size_mb:.1f} MB）",
            data=job.content,
            file_name=_file_name(table.briefing, export.kind),
            mime=export.mime,
            icon=":material/download_done:",
            type="primary",
            on_click="ignore",
            key=f"export_{export.kind}_ready",
            width="stretch",
        )


def _begin(export: Export, table: Table, found: Atlas, label: str) -> None:
    jobs = bench().jobs

    def begin() -> None:
        # Nothing but a plain object is touched: the callback cannot be cut short in between.
        job = jobs.get(export.kind)
        if job is None or not (job.working and job.fits(table.briefing, found.id)):
            if job is not None:
                job.stop()
            jobs[export.kind] = start_job(export.make, table.briefing, found)

    st.button(
        label,
        icon=export.icon,
        key=f"export_{export.kind}",
        help=export.help,
        on_click=begin,
        width="stretch",
    )


def start_job(make: Make, briefing: Briefing, atlas: Atlas) -> Job:
    """Have a file made by a thread of its own."""
    job = Job(briefing, atlas.id)

    def work() -> None:
        try:
            with _ONE_AT_A_TIME:
                job.step("查找数据")
                content = make(tell(briefing, atlas), atlas, job.step)
                job.content = None if job.stopped else content
        except _StoppedError:
            _LOG.info("export of a briefing given up")
        except PingchangError as error:
            job.wrong = f"**{plain(error.message)}** {plain(error.fix)}"
        except Exception:
            _LOG.exception("export of a briefing failed")
            job.wrong = "**没有生成。** 请重试；若仍然出错，请把时间告诉系统管理员，日志中有详细记录。"

    threading.Thread(target=work, name=f"export-{briefing.name}", daemon=True).start()
    return job


@st.fragment(run_every=_LOOK_S)
def _watch(label: str, job: Job) -> None:
    """How far a file is; the page goes on when it is ready."""
    if not job.working:
        st.rerun()
    step = job.steps[-1] if job.steps else "等待其他导出完成"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":material/hourglass_top: 正在生成{label}：{plain(step)}……", width="stretch")
        st.button("取消", key=f"export_stop_{label}", type="tertiary", on_click=job.stop)


def _file_name(briefing: Briefing, ending: str) -> str:
    return f"{file_stem(briefing.title, briefing.name)}_{date.today():%Y%m%d}.{ending}"
