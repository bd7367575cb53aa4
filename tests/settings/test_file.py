"""config.yaml: what is wrong is told with its line, what an editor wrote stays."""

from dataclasses import replace

import pytest

from pxhelm.errors import PxhelmError
from pxhelm.settings import Context, SecretSource, load, remove_context, save_context, use_context
from pxhelm.settings.context import Ssh

HOME = Context("home", ("https://pve1:8006",), token_id="a@pve!b", token=SecretSource(env="T"))


def loaded(folder, text=None):
    if text is not None:
        (folder / "config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load({"PXHELM_CONFIG_HOME": str(folder)})


def context(**fields):
    return "contexts:\n- name: home\n" + "".join(f"  {name}: {value}\n" for name, value in fields.items())


def refusal(folder, text):
    with pytest.raises(PxhelmError) as found:
        loaded(folder, text)
    return found.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (context(tls="{insecure: 'no'}"), 3, "contexts[0].tls.insecure: expected true or false"),
        (context(tls="{fingrprint: x}"), 3, "contexts[0].tls.fingrprint: expected one of caFile, fingerprint"),
        (context(endpoints="pve1"), 3, "contexts[0].endpoints: expected a list of addresses"),
        (context(endpoints="[5]"), 3, "contexts[0].endpoints[0]: expected an address"),
        (context(vmidRange="9-5"), 3, "contexts[0].vmidRange: expected a range such as 10000-99999"),
        (context(ssh="root@pve1"), 3, "contexts[0].ssh: expected a mapping of host, options"),
        (context(ssh="{hosts: x}"), 3, "contexts[0].ssh.hosts: expected one of host, options"),
        (context(sharedPaths="[/mnt/nas]"), 3, "contexts[0].sharedPaths: expected a mapping of storages and folders"),
        (context(tokenID="[a]"), 3, "contexts[0].tokenID: expected a text"),
        (context(colour="red"), 3, "contexts[0].colour: expected one of name, endpoints"),
        ("contexts: 5\n", 1, "contexts: expected a list of contexts"),
        ("contexts:\n- 5\n", 2, "contexts[0]: expected a mapping of a name"),
        ("contexts:\n- {}\n", 2, "contexts[0]: expected a mapping with a name"),
        ("- a\n", 1, "expected a mapping of contexts"),
        ("contexts: [\n", 2, "did not find expected node content"),
        ("a: \x01\n", 0, "unacceptable character #x0001"),
        (b"\xff\xfe", 0, "it is no text in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(tmp_path, text, line, message):
    error = refusal(tmp_path, text)
    assert message in error.message
    assert (error.where.line if error.where else 0) == line


def test_a_secret_that_was_written_out_is_not_shown(tmp_path):
    error = refusal(tmp_path, context(token="5ca1ab1e"))
    assert "never the secret itself" in error.message
    assert "5ca1ab1e" not in f"{error.message}{error.hint}{error.where.text}"


@pytest.mark.parametrize("address", ["https://x:99999", "https://[::1", "ftp://x", "https://"])
def test_an_address_that_is_none_is_told(tmp_path, address):
    assert (
        refusal(tmp_path, context(endpoints=f'["{address}"]')).message
        == f"cannot use endpoint {address}: not an address"
    )


WAYS = "  allowValueFrom: [acme]\n  ssh: {host: 'root@{address}', options: [-i, key]}\n  sharedPaths: {nas: /mnt/nas}\n"


def test_a_context_that_is_added_again_keeps_what_only_an_editor_writes(tmp_path):
    text = "# mine\ncontexts:\n- name: home  # the old one\n  user: root@pam\n  password: {env: P}\n"
    settings = loaded(
        tmp_path,
        text
        + "  vmidRange: 20000-29999\n  tagGuests: true\n  labelTags: [app, example.org/tier]\n  driftPolicy: Ignore\n  allowCommands: true\n"
        + WAYS
        + "- name: other\n",
    )
    save_context(settings, HOME, make_current=True)
    again = loaded(tmp_path)
    kept = replace(HOME, vmid_range=(20000, 29999), tag_guests=True, allow_commands=True)
    kept = replace(kept, label_tags=("app", "example.org/tier"), drift_policy="Ignore")
    kept = replace(
        kept, allow_value_from=("acme",), ssh=Ssh("root@{address}", ("-i", "key")), shared_paths={"nas": "/mnt/nas"}
    )
    assert again.contexts["home"] == kept
    assert list(again.contexts) == ["home", "other"]
    assert again.current == "home"
    written = (tmp_path / "config.yaml").read_text()
    assert written.startswith("# mine\n")
    assert "# the old one" in written
    assert "password" not in written


def test_the_file_is_its_owners_alone_and_a_link_to_it_stays(tmp_path):
    (tmp_path / "dotfiles.yaml").write_text("contexts: []\n")
    (tmp_path / "config.yaml").symlink_to(tmp_path / "dotfiles.yaml")
    save_context(loaded(tmp_path), HOME, make_current=False)
    assert (tmp_path / "config.yaml").is_symlink()
    assert (tmp_path / "dotfiles.yaml").stat().st_mode & 0o777 == 0o600
    assert loaded(tmp_path).contexts == {"home": HOME}
    assert loaded(tmp_path).current == ""


def test_a_context_is_chosen_and_removed(tmp_path):
    save_context(loaded(tmp_path), HOME, make_current=False)
    use_context(loaded(tmp_path), "home")
    assert loaded(tmp_path).current == "home"
    remove_context(loaded(tmp_path), "home")
    assert (loaded(tmp_path).contexts, loaded(tmp_path).current) == ({}, "")
    with pytest.raises(PxhelmError, match="cannot remove context home: it is not in"):
        remove_context(loaded(tmp_path), "home")
