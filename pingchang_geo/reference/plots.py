"""Forest cells grown together into compartments: contiguous, of uneven size, bending with the terrain."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pingchang_geo.reference.mesh import Mesh
from pingchang_geo.reference.model import Flags, Floats, Ints
from pingchang_geo.reference.rings import is_hole, trace
from pingchang_geo.reference.woods import components

#: Growth starts from somewhat fewer compartments; splitting the largest ones makes up the number.
_HEAD_START: Final = 0.985
_ROUNDS: Final = 12


def grow(
    rng: np.random.Generator,
    mesh: Mesh,
    forest: Flags,
    graph: sparse.csr_matrix,
    *,
    height: Floats,
    density: Floats,
    number: int,
) -> Ints:
    """Compartment of each cell (0 … number − 1, or −1), each connected and without holes.

    Cells join the nearest seed; a step costs its length, more where it climbs, so that compartments lie along
    slopes and end at ridges and streams.

    Raises:
        RuntimeError: the number could not be reached (too few cells).
    """
    cells = np.flatnonzero(forest)
    inner = graph[cells][:, cells].tocoo()
    step = np.hypot(*(mesh.site_m[cells[inner.row]] - mesh.site_m[cells[inner.col]]).T)
    climb = np.abs(height[cells[inner.row]] - height[cells[inner.col]])
    usual = np.median(climb)
    # One random factor per border, the same in both directions.
    luck = np.exp(rng.normal(0.0, 0.35, len(mesh.left)))[inner.data - 1]
    cost = sparse.csr_matrix((step * (1.0 + 0.9 * climb / usual) * luck, (inner.row, inner.col)), inner.shape)
    seeds = _seeds(rng, components(forest, graph)[cells], density[cells], round(number * _HEAD_START))
    _, _, source = csgraph.dijkstra(cost, indices=seeds, min_only=True, return_predecessors=True)
    rank = np.full(len(cells), -1)
    rank[seeds] = np.arange(len(seeds))
    group = np.full(len(forest), -1, dtype=np.int64)
    group[cells] = rank[source]
    return _repair(mesh, group, graph, number)


def _seeds(rng: np.random.Generator, part: Ints, density: Floats, number: int) -> Ints:
    """One seed in every connected part, the others at random, denser where ``density`` says."""
    lot = rng.exponential(size=len(part)) / density
    order = np.argsort(lot, kind="stable")
    first = order[np.unique(part[order], return_index=True)[1]]
    rest = order[~np.isin(order, first)]
    return np.sort(np.r_[first, rest[: max(0, number - len(first))]])


def _repair(mesh: Mesh, group: Ints, graph: sparse.csr_matrix, number: int) -> Ints:
    """Merge compartments enclosed in another one, cut rings open, then split the largest up to ``number``."""
    group = np.unique(group, return_inverse=True)[1] - 1
    suspects = np.arange(group.max() + 1)
    for _ in range(_ROUNDS):
        book = _Book(mesh, group, graph)
        touched = _open_rings(mesh, group, suspects, book)
        if not touched:
            present = np.unique(group[group >= 0])
            missing = number - len(present)
            if missing == 0:
                return np.unique(group, return_inverse=True)[1] - 1
            if missing < 0:
                break
            touched = book.split_largest(missing)
        suspects = np.fromiter(touched, dtype=np.int64)
    raise RuntimeError(f"{number} compartments cannot be formed from {int((group >= 0).sum())} cells")


def _open_rings(mesh: Mesh, group: Ints, suspects: Ints, book: _Book) -> set[int]:
    """Remedy every hole among ``suspects``; returns the compartments to look at again."""
    watched = np.zeros(int(group.max()) + 2, dtype=bool)
    watched[suspects] = True
    watched[-1] = False
    rings = trace(mesh, np.where(watched[group], group, -1))
    hole = is_hole(mesh, rings)
    bad = np.flatnonzero(hole[rings.ring])
    across = np.where(rings.forward, mesh.right[rings.border], mesh.left[rings.border])
    touched: set[int] = set()
    first, last = (np.searchsorted(rings.ring[bad], np.flatnonzero(hole), side=s) for s in ("left", "right"))
    for owner, a, b in zip(rings.group[hole], first, last, strict=True):
        enclosed = np.unique(group[across[bad[a:b]]])
        if len(enclosed) == 1 and enclosed[0] >= 0:
            book.merge(int(enclosed[0]), int(owner))
            touched.add(int(owner))
        else:
            touched |= book.split(int(owner))
    return touched


class _Book:
    """Cells of each compartment while compartments are merged and split; writes through to ``group``."""

    def __init__(self, mesh: Mesh, group: Ints, graph: sparse.csr_matrix) -> None:
        self._group = group
        self._graph = graph
        self._area_m2 = mesh.area_m2
        self._order = np.argsort(group, kind="stable")
        self._first = np.searchsorted(group[self._order], np.arange(group.max() + 2))
        self._changed: dict[int, Ints] = {}
        self._next = int(group.max()) + 1

    def cells(self, number: int) -> Ints:
        if number in self._changed:
            return self._changed[number]
        return self._order[self._first[number] : self._first[number + 1]]

    def merge(self, inner: int, outer: int) -> None:
        both = np.r_[self.cells(outer), self.cells(inner)]
        self._changed[inner], self._changed[outer] = both[:0], both
        self._group[both] = outer

    def split(self, number: int) -> set[int]:
        """Cut a compartment in two connected parts of about equal size; nothing if it is a single cell."""
        cells = self.cells(number)
        if len(cells) < 2:
            return set()
        order, parent = self._tree(cells)
        size = dict.fromkeys(order, 1)
        for cell in order[:0:-1]:
            size[parent[cell]] += size[cell]
        cut = min(order[1:], key=lambda cell: abs(2 * size[cell] - len(cells)))
        branch = {cut}
        for cell in order[1:]:
            if parent[cell] in branch:
                branch.add(cell)
        below = np.fromiter((cell in branch for cell in cells.tolist()), dtype=bool, count=len(cells))
        new = self._next
        self._next += 1
        self._changed[number], self._changed[new] = cells[~below], cells[below]
        self._group[cells[below]] = new
        return {number, new}

    def _tree(self, cells: Ints) -> tuple[list[int], dict[int, int]]:
        """Cells in breadth-first order from the first, and the cell each was reached from."""
        start, *_ = members = cells.tolist()
        wanted = set(members)
        order, parent = [start], {start: start}
        for cell in order:
            # By hand: slicing columns of the whole graph costs a pass over all cells, for every compartment.
            beside = self._graph.indices[self._graph.indptr[cell] : self._graph.indptr[cell + 1]]
            for other in beside.tolist():
                if other in wanted and other not in parent:
                    parent[other] = cell
                    order.append(other)
        return order, parent

    def split_largest(self, count: int) -> set[int]:
        """Split the ``count`` largest compartments that have several cells."""
        member = self._group >= 0
        area = np.bincount(self._group[member], self._area_m2[member])
        area[np.bincount(self._group[member]) < 2] = 0.0
        touched: set[int] = set()
        for number in np.argsort(-area, kind="stable")[:count]:
            touched |= self.split(int(number))
        return touched
