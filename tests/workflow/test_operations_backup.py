"""Backup and restore: complete, verified before anything is switched, refusing whatever is unsafe or in the way."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.access import Role, Session, Source, User, operator
from pingchang_geo.errors import BackupError, StoreError
from pingchang_geo.store import LocalStore, locks
from pingchang_geo.store.directory import Directory
from pingchang_geo.store.records import Link
from pingchang_geo.workflow.operations import archive, exchange, restore
from pingchang_geo.workflow.operations.backup import backup, verify
from pingchang_geo.workflow.operations.exchange import REPLACED, settle
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.uploads.drafts import Drafts
from pingchang_geo.workflow.uploads.mappings import Mappings
from tests import layer_frames
from tests.faults.whole import assert_whole

#: Far beyond any test's clock.
LATER = 4_000_000_000


def accounts(root: Path) -> Directory:
    """One admin with a session and a link on the way."""
    directory = Directory(root / "accounts.sqlite")
    with directory.changing() as records:
        records.put_user(User("zhang", Role.ADMIN, Source.ACCOUNTS, False), 0)
        records.put_session(Session("a" * 64, "zhang", Source.ACCOUNTS, 0, 0, LATER))
        records.put_link("b" * 64, Link("zhang", False, LATER))
        records.put_link("c" * 64, Link("first", True, LATER))
    return directory


@pytest.fixture
def file(store: LocalStore, tmp_path: Path) -> Path:
    """A backup of the tiny county with an account and a mapping."""
    accounts(store.root)
    Mappings(store.root).remember("forest", ["XJ"], {"volume_m3_ha": "XJ"}, "zhang")
    target = tmp_path / "backup.tar.gz"
    backup(store, target, "tester")
    return target


def repacked(file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """The same archive after ``change`` had its way with the members."""
    with tarfile.open(file) as tar:
        members = [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]
    change(members)
    target = file.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as tar:
        for entry, content in members:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return target


def with_manifest(members: list[tuple[tarfile.TarInfo, bytes]], change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads(members[0][1])
    change(values)
    members[0] = (members[0][0], json.dumps(values).encode())


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 能换属主")
def test_what_root_restores_is_the_services_own(file: Path, tmp_path: Path) -> None:
    """Lock files too: a service that cannot open them does not start."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    os.chown(root, 65534, 65533)
    (root / locks.BACKUP).touch()  # left by a restore of an earlier version
    restore.restore(file, root, "operator")
    assert {locks.SERVE, locks.PUBLISH, locks.BACKUP} <= {path.name for path in root.iterdir()}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in root.rglob("*")} == {(65534, 65533)}


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 能换属主")
@pytest.mark.parametrize("how", ["symlink_to", "hardlink_to"])
def test_a_lock_that_leads_elsewhere_hands_nothing_over(tmp_path: Path, how: str) -> None:
    """The folder's owner could have laid it, to be given a file of root's."""
    precious, root = tmp_path / "precious", tmp_path / "data"
    precious.write_text("root's")
    root.mkdir()
    os.chown(root, 65534, 65533)
    getattr(root / locks.SERVE, how)(precious)
    with suppress(OSError), locks.locked(root / locks.SERVE, alone=True):
        pass
    assert (precious.stat().st_uid, precious.read_text()) == (0, "root's")


def test_everything_comes_back(store: LocalStore, file: Path, tmp_path: Path) -> None:
    before, log = store.snapshot(), store.audit()
    root = tmp_path / "elsewhere"
    restored = restore.restore(file, root, "operator")
    assert restored.replaced is None
    again = assert_whole_after(root)
    assert again.snapshot() == before
    # The log of the backup, which ends before the line about the backup itself, and one line about the restore.
    assert [entry.hash for entry in again.audit()[:-1]] == [entry.hash for entry in log[:-1]]
    assert (log[-1].action, again.audit()[-1].action) == ("backup", "restore")
    assert again.audit()[-1].actor == "operator"
    assert Mappings(root).recall("forest", ["XJ"]) == {"volume_m3_ha": "XJ"}
    left = {path.name for path in root.iterdir() if not path.name.startswith(("catalogue", "accounts"))}
    assert left - set(locks.ALL) == {"derived", "mappings", "staging", "versions"}


def assert_whole_after(root: Path) -> LocalStore:
    """Whole, once what a start computes has been computed."""
    from pingchang_geo.workflow import derive  # noqa: PLC0415

    store = LocalStore(root)
    derive.ensure(store, store.snapshot())
    return assert_whole(root)


def test_accounts_come_back_without_sessions_and_links(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "elsewhere"
    restore.restore(file, root, "operator")
    assert stat.S_IMODE((root / "accounts.sqlite").stat().st_mode) == 0o600
    with Directory(root / "accounts.sqlite").reading() as records:
        user = records.user("zhang")
        assert user is not None and user.role is Role.ADMIN
        assert records.session("a" * 64) is None
        assert records.sessions_of("zhang") == ()
        assert records.link("b" * 64, 0) is None
        assert records.link("c" * 64, 0) is None


def test_the_file_is_private_complete_and_named_at_the_end(store: LocalStore, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []
    manifest = verify(file)
    with tarfile.open(file) as tar:
        names = tar.getnames()
        assert names == ["manifest.json", *(member.name for member in manifest.files)]
        for member in manifest.files:
            content = tar.extractfile(member.name)
            assert content is not None
            assert hashlib.sha256(content.read()).hexdigest() == member.sha256
    contents = [name for name in names if name.startswith("versions/")]
    assert len(contents) == len(store.snapshot().versions) > 3
    assert manifest.layers == {layer: version.name for layer, version in store.snapshot().versions.items()}


def test_an_existing_file_is_only_replaced_on_demand(store: LocalStore, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(BackupError, match="已存在"):
        backup(store, file, "tester")
    assert file.read_bytes() == before
    backup(store, file, "tester", force=True)
    assert verify(file).entries == len(store.audit()) - 1


def test_a_damaged_version_stops_the_backup(store: LocalStore, tmp_path: Path) -> None:
    content = store.content_path(store.snapshot().versions["forest"])
    whole = content.read_bytes()
    for damage in (whole[:-1], bytes([whole[0] ^ 1]) + whole[1:]):
        content.write_bytes(damage)
        with pytest.raises(BackupError, match=r"versions/forest/.*已损坏"):
            backup(store, tmp_path / "b.tar.gz", "tester")
    content.unlink()
    with pytest.raises(BackupError, match="缺失或已损坏"):
        backup(store, tmp_path / "b.tar.gz", "tester")
    assert [path for path in tmp_path.iterdir() if path.name != "data"] == []
    assert store.audit()[-1].action == "publish"


def test_nowhere_to_write(store: LocalStore, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="无法写入"):
        backup(store, tmp_path / "missing" / "b.tar.gz", "tester")


def test_no_room_is_said_beforehand(store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    with pytest.raises(BackupError, match=r"磁盘空间不足：需要约 \d+ MB，剩余 1 MB"):
        backup(store, tmp_path / "b.tar.gz", "tester")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("length", [0, 100, -1, -200])
def test_a_file_cut_short_is_no_backup(file: Path, tmp_path: Path, length: int) -> None:
    file.write_bytes(file.read_bytes()[:length] if length else b"")
    root = tmp_path / "elsewhere"
    if length == -1:  # only the checksum behind the last file is gone: nothing that counts
        verify(file)
        return
    with pytest.raises(BackupError):
        restore.restore(file, root, "operator")
    assert not any(path.name.startswith(("restore", "versions", "catalogue")) for path in root.iterdir())


def test_every_changed_byte_of_a_file_is_found(file: Path) -> None:
    manifest = verify(file)
    for number, member in enumerate(manifest.files, 1):

        def flip(members: list[tuple[tarfile.TarInfo, bytes]], number: int = number) -> None:
            entry, content = members[number]
            members[number] = (entry, content[:-1] + bytes([content[-1] ^ 1]))

        with pytest.raises(BackupError, match=f"{member.name}」校验不通过"):
            verify(repacked(file, flip))


def test_a_log_that_was_rewritten_is_found(file: Path, tmp_path: Path) -> None:
    """With a manifest that fits the forged catalogue: only the chain can tell."""

    def forge(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        forged = tmp_path / "forged.sqlite"
        forged.write_bytes(members[1][1])
        with closing(sqlite3.connect(forged)) as connection:
            connection.execute("DROP TRIGGER audit_no_update")
            connection.execute("UPDATE audit SET actor = '李四' WHERE seq = 2")
            connection.commit()
        content = forged.read_bytes()
        members[1] = (members[1][0], content)
        digest = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        with_manifest(members, lambda values: values["files"][0].update(digest))

    with pytest.raises(BackupError, match="操作日志校验不通过"):
        verify(repacked(file, forge))


def _append(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", *, listed: bool = True) -> Any:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        content = b"x" if kind == tarfile.REGTYPE else b""
        members.append((entry, content))
        if listed:
            digest = hashlib.sha256(content).hexdigest()
            record = {"name": name, "size": len(content), "sha256": digest}
            with_manifest(members, lambda values: values["files"].append(record))

    return change


def _drop(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[-1]


def _drop_version_everywhere(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    at = next(i for i, (entry, _) in enumerate(members) if entry.name.startswith("versions/forest"))
    name = members.pop(at)[0].name
    keep = lambda values: [f for f in values["files"] if f["name"] != name]  # noqa: E731
    with_manifest(members, lambda values: values.update(files=keep(values)))


def _twice(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append(members[-1])


def _newer(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with_manifest(members, lambda values: values.update(format=2))


def _manifest_last(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append(members.pop(0))


def _says(**said: Any) -> Any:
    return lambda members: with_manifest(members, lambda values: values.update(said))


def _manifest_is(content: bytes) -> Any:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[0] = (members[0][0], content)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_says(created_at="2026-01-01T00:00:00Z\x1b[31m"), "不是本系统的备份"),
        (_says(created_at=["2026-01-01T00:00:00Z"]), "不是本系统的备份"),
        (_says(files=[{"name": "catalogue.sqlite", "size": math.inf, "sha256": ""}]), "不是本系统的备份"),
        (_manifest_is(b"[" * 200_000), "不是本系统的备份"),
        (_manifest_is(b"[]"), "不是本系统的备份"),
        (_append("../evil"), "不安全的文件名"),
        (_append("/etc/cron.d/evil"), "不安全的文件名"),
        (_append("versions/../../evil/1-000000000000/content.parquet"), "不安全的文件名"),
        (_append("versions/forest/1-000000000000/other.py"), "不安全的文件名"),
        (_append("serve.lock"), "不安全的文件名"),
        (_append("mappings/forest-0.json", tarfile.SYMTYPE, "/etc/passwd"), "不应有的内容"),
        (_append("mappings/forest-0.json", tarfile.LNKTYPE, "catalogue.sqlite"), "不应有的内容"),
        (_append("mappings/forest-0.json", tarfile.FIFOTYPE), "不应有的内容"),
        (_append("mappings/forest-0.json", listed=False), "不应有的内容"),
        (_append("versions/forest/9-000000000000/content.parquet"), "不一致"),
        (_drop, "不完整"),
        (_drop_version_everywhere, "不一致"),
        (_twice, "不应有的内容"),
        (_newer, "另一版本的软件"),
        (_manifest_last, "不是本系统的备份"),
    ],
)
def test_hostile_and_incomplete_archives(change: Any, words: str, file: Path, tmp_path: Path) -> None:
    root = tmp_path / "target" / "data"
    with pytest.raises(BackupError, match=words):
        restore.restore(repacked(file, change), root, "operator")
    assert {path.name for path in root.iterdir()} <= set(locks.ALL)
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == ["data"]


def test_other_files_are_no_backup(tmp_path: Path) -> None:
    for name, content in (("a.zip", b"PK\x03\x04"), ("b.gz", gzip.compress(b"text")), ("c.tar", bytes(10240))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BackupError, match="不是本系统的备份"):
            verify(tmp_path / name)
    with pytest.raises(BackupError, match="无法打开备份文件「d」"):
        verify(tmp_path / "d")


def test_a_folder_with_content_is_moved_aside(store: LocalStore, file: Path) -> None:
    """Replaced, never deleted: what was there can be looked at and moved back."""
    after = publish(
        store,
        "forest",
        layer_frames.forest(volume=70),
        provenance=layer_frames.OFFICIAL,
        actor=operator("张三"),
        note="",
        base=store.snapshot().versions["forest"].name,
    )
    root = store.root
    with pytest.raises(BackupError, match="不是空的"):
        restore.restore(file, root, "operator")
    assert LocalStore(root).snapshot().versions["forest"] == after
    restored = restore.restore(file, root, "operator", replace=True)
    assert restored.replaced is not None and restored.replaced.parent == root
    assert restored.replaced.name.startswith(REPLACED)
    assert assert_whole_after(root).snapshot().versions["forest"].number == 1
    moved = LocalStore(restored.replaced)
    assert moved.snapshot().versions["forest"] == after
    assert moved.audit_intact()
    again = restore.restore(file, root, "operator", replace=True)  # the first one's folder stays beside it
    assert again.replaced not in (None, restored.replaced)
    assert restored.replaced.is_dir()


def test_refused_while_somebody_is_at_work(store: LocalStore, file: Path) -> None:
    with store.serving(), pytest.raises(BackupError, match="请先停止服务"):
        restore.restore(file, store.root, "operator", replace=True)
    for name in (locks.PUBLISH, locks.BACKUP):
        with locks.locked(store.root / name, alone=True), pytest.raises(BackupError, match="正在发布、备份"):
            restore.restore(file, store.root, "operator", replace=True)
    draft = Drafts(store.root).folder("0" * 12)
    draft.mkdir(parents=True)
    with locks.locked(draft / "job.lock", alone=True), pytest.raises(BackupError, match="处理上传"):
        restore.restore(file, store.root, "operator", replace=True)


def test_a_server_does_not_start_into_a_restore(store: LocalStore) -> None:
    with (
        locks.locked(store.root / locks.SERVE, alone=True),
        pytest.raises(StoreError, match="正在恢复"),
        store.serving(),
    ):
        pass


class Killed(BaseException):
    """Stands in for the end of the process."""


def test_killed_between_any_two_renames(store: LocalStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the folder next finds the old state, or finishes the exchange; nothing is lost either way."""
    root = store.root
    before = store.snapshot().versions["forest"]
    real = Path.rename
    rename_count = 0
    finished = False
    outcomes = set()
    while not finished:
        left = rename_count

        def limited(path: Path, target: Path) -> Path:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return real(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", limited)
            try:
                restore.restore(file, root, "operator", replace=True)
                finished = True
            except Killed:
                pass
        settle(root)
        assert not exchange.interrupted(root)
        opened = LocalStore(root)
        assert opened.audit_intact()
        assert opened.snapshot().versions["forest"] == before
        outcomes.add(opened.audit()[-1].action)
        assert hashlib.sha256(opened.content_path(before).read_bytes()).hexdigest() == before.sha256
        rename_count += 1
    assert rename_count > 10
    assert outcomes == {"backup", "restore"}
    assert all((path / "catalogue.sqlite").exists() for path in root.glob(f"{REPLACED}*"))


def test_settling_waits_for_nobody(store: LocalStore) -> None:
    (store.root / "restore-ready-x").mkdir()
    with locks.locked(store.root / locks.SERVE, alone=True), pytest.raises(StoreError, match="正在恢复"):
        settle(store.root)


def test_member_names_have_one_form() -> None:
    """The pattern that decides what may be unpacked."""
    good = ["catalogue.sqlite", "versions/forest/12-0123456789ab/content.parquet", "mappings/forest-0a.json"]
    bad = [
        "",
        ".",
        "catalogue.sqlite\n",
        "versions/forest/1-0123456789ab/",
        "Versions/forest/1-0123456789ab/content.parquet",
    ]
    assert all(archive._NAME.fullmatch(name) for name in good)
    assert not any(archive._NAME.fullmatch(name) for name in bad)
