"""Secrets, folders, versions and imports of the memory server, held against a model in a few lines, step by step."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from returns.result import Failure, Success

from infisical import BadRequestError, NotFoundError
from infisical.endpoints.secret_imports import ImportSource
from infisical.endpoints.secrets.merge import merge_imports
from tests.forms import try_examples
from tests.memory.world import World

ENVIRONMENTS = ("dev", "staging", "prod")
"""A folder imports from environments behind its own only, so that no two import each other."""
KEYS = st.sampled_from(["A", "B", "C"])
NAMES = st.sampled_from(["x", "y"])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8).map(str.strip)
SLUGS = st.sampled_from(ENVIRONMENTS)

Place = tuple[str, str]
"""An environment's slug and a folder's path in it."""


class Server(RuleBasedStateMachine):
    """What is done to the server is done to the model: values of all versions, folders, and what each imports."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.client = self.world.machine
        self.secrets: dict[Place, dict[str, list[str]]] = {(slug, "/"): {} for slug in ENVIRONMENTS}
        self.renamed: dict[tuple[Place, str], int] = {}
        """The version at which a secret got its name, if not at its first: those before are under the other name."""
        self.imports: dict[Place, list[Place]] = {place: [] for place in self.secrets}
        self.ids: dict[Place, str] = {}
        self.import_ids: dict[tuple[Place, Place], str] = {}

    def at(self, place: Place, path: str = "secret_path") -> dict[str, str]:
        return {"project_id": self.world.project_id, "environment": place[0], path: place[1]}

    def places(self) -> st.SearchStrategy[Place]:
        return st.sampled_from(sorted(self.secrets))

    # ---- secrets
    @rule(data=st.data(), key=KEYS, value=VALUES)
    def create(self, data: st.DataObject, key: str, value: str) -> None:
        place = data.draw(self.places())
        got = self.client.secrets.create(secret_name=key, secret_value=value, **self.at(place))
        if key in self.secrets[place]:
            assert isinstance(got.failure(), BadRequestError)
        else:
            made = got.unwrap()
            assert (made.secret_key, made.secret_value, made.version) == (key, value, 1)
            self.secrets[place][key] = [value]

    @rule(data=st.data(), key=KEYS, value=VALUES)
    def update(self, data: st.DataObject, key: str, value: str) -> None:
        place = data.draw(self.places())
        got = self.client.secrets.update(secret_name=key, secret_value=value, **self.at(place))
        versions = self.secrets[place].get(key)
        if versions is None:
            assert isinstance(got.failure(), NotFoundError)
        else:
            versions.append(value)
            assert (got.unwrap().secret_value, got.unwrap().version) == (value, len(versions))

    @rule(data=st.data(), key=KEYS)
    def delete(self, data: st.DataObject, key: str) -> None:
        place = data.draw(self.places())
        got = self.client.secrets.delete(secret_name=key, **self.at(place))
        versions = self.secrets[place].pop(key, None)
        self.renamed.pop((place, key), None)
        if versions is None:
            assert isinstance(got.failure(), NotFoundError)
        else:
            assert got.unwrap().version == len(versions)

    @rule(data=st.data(), key=KEYS, new=KEYS)
    def rename(self, data: st.DataObject, key: str, new: str) -> None:
        place = data.draw(self.places())
        own = self.secrets[place]
        got = self.client.secrets.update(secret_name=key, new_secret_name=new, **self.at(place))
        if key not in own:
            assert isinstance(got.failure(), NotFoundError)
        elif new in own:
            assert isinstance(got.failure(), BadRequestError)
        else:
            versions = own.pop(key)
            self.renamed.pop((place, key), None)
            self.renamed[place, new] = len(versions) + 1
            own[new] = [*versions, versions[-1]]
            assert (got.unwrap().secret_key, got.unwrap().version) == (new, len(own[new]))

    @rule(data=st.data(), key=KEYS, version=st.integers(1, 4))
    def read_a_version(self, data: st.DataObject, key: str, version: int) -> None:
        place = data.draw(self.places())
        got = self.client.secrets.get_by_name(secret_name=key, version=version, include_imports=False, **self.at(place))
        versions = self.secrets[place].get(key, [])
        match got:
            case Success(secret):
                assert (secret.secret_value, secret.version) == (versions[version - 1], version)
                assert version >= self.renamed.get((place, key), 1)
            case Failure(error):
                assert isinstance(error, NotFoundError)
                assert version > len(versions) or version < self.renamed.get((place, key), 1)

    # ---- folders
    @rule(data=st.data(), name=NAMES)
    def create_folder(self, data: st.DataObject, name: str) -> None:
        slug, parent = data.draw(self.places())
        place = (slug, f"{parent.rstrip('/')}/{name}")
        if place in self.secrets or place[1].count("/") > 3:
            return
        made = self.client.secret_folders.create(name=name, **self.at((slug, parent), "path")).unwrap()
        self.ids[place], self.secrets[place], self.imports[place] = made.id, {}, []

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delete_folder(self, data: st.DataObject) -> None:
        slug, path = place = data.draw(st.sampled_from(sorted(self.ids)))
        where = (slug, path.rpartition("/")[0] or "/")
        got = self.client.secret_folders.delete(
            folder_id_or_name=self.ids[place], force_delete=True, **self.at(where, "path")
        )
        assert got.unwrap().id == self.ids[place]
        gone = [one for one in self.ids if one[0] == slug and (one == place or one[1].startswith(f"{path}/"))]
        for one in gone:
            del self.ids[one], self.secrets[one], self.imports[one]
            self.renamed = {where: version for where, version in self.renamed.items() if where[0] != one}

    # ---- imports
    @rule(data=st.data())
    def add_import(self, data: st.DataObject) -> None:
        place = data.draw(self.places())
        behind = [
            one
            for one in self.secrets
            if ENVIRONMENTS.index(one[0]) > ENVIRONMENTS.index(place[0]) and one not in self.imports[place]
        ]
        if not behind:
            return
        source = data.draw(st.sampled_from(sorted(behind)))
        got = self.client.secret_imports.create(
            import_=ImportSource(environment=source[0], path=source[1]), **self.at(place, "path")
        )
        self.imports[place].append(source)
        self.import_ids[place, source] = got.unwrap().secret_import.id

    @precondition(lambda self: any(self.imports.values()))
    @rule(data=st.data())
    def delete_import(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(one for one, sources in self.imports.items() if sources)))
        source = data.draw(st.sampled_from(sorted(self.imports[place])))
        self.client.secret_imports.delete(
            secret_import_id=self.import_ids[place, source], **self.at(place, "path")
        ).unwrap()
        self.imports[place].remove(source)

    # ---- what holds after every step
    def latest(self, place: Place) -> dict[str, str]:
        return {key: versions[-1] for key, versions in self.secrets[place].items()}

    def seen(self, place: Place) -> dict[str, str]:
        """What a folder's names stand for: its own secrets, then those of its imports, the last import first.

        What an imported folder imports counts as part of it, behind its own; a folder comes in by one way only: where
        several lead to it, by a direct import, else by the last one.
        """
        first = [source for source in self.imports[place] if source in self.secrets]
        brought = {source: self.latest(source) for source in first}
        passed, waiting = set(self.imports[place]), [(source, source) for source in first]
        while waiting:
            origin, folder = waiting.pop()
            for deeper in self.imports[folder]:
                if deeper in self.secrets and deeper not in passed:
                    passed.add(deeper)
                    brought[origin] = {**self.latest(deeper), **brought[origin]}
                    waiting.append((origin, deeper))
        found = self.latest(place)
        for source in reversed(first):
            found = {**brought[source], **found}
        return found

    @invariant()
    def every_folder_lists_its_secrets_and_what_it_imports(self) -> None:
        for place in self.secrets:
            listing = self.client.secrets.list(include_imports=True, **self.at(place)).unwrap()
            own = {key: (versions[-1], len(versions)) for key, versions in self.secrets[place].items()}
            assert {one.secret_key: (one.secret_value, one.version) for one in listing.secrets} == own
            assert {one.secret_key: one.secret_value for one in merge_imports(listing)} == self.seen(place)

    @invariant()
    def a_recursive_list_holds_each_secret_of_an_environment_once(self) -> None:
        for slug in ENVIRONMENTS:
            listing = self.client.secrets.list(recursive=True, **self.at((slug, "/"))).unwrap()
            expected = sorted((path, key) for (of, path), own in self.secrets.items() if of == slug for key in own)
            assert sorted((str(one.secret_path), one.secret_key) for one in listing.secrets) == expected

    @invariant()
    def the_folders_are_those_that_were_made(self) -> None:
        for slug in ENVIRONMENTS:
            listed = self.client.secret_folders.list(recursive=True, **self.at((slug, "/"), "path")).unwrap()
            assert {one.id for one in listed} == {id for (of, _), id in self.ids.items() if of == slug}


Server.TestCase.settings = try_examples(5, 40, stateful_step_count=30)
TestServer = Server.TestCase
