/* Measuring on the ellipsoid of CGCS2000, map coordinates, point in polygon. Pure. Longitudes and latitudes in degrees. */
(function (root) {
  "use strict";

  const A = 6378137; // CGCS2000 semi-major axis, m
  const F = 1 / 298.257222101;
  const E2 = F * (2 - F);
  const E = Math.sqrt(E2);
  const RADIAN = Math.PI / 180;

  /**
   * Gauss-Krüger easting and northing in m, central meridian 108° E, false easting 500 km (EPSG:4545), by Krüger's series to n⁴
   * (error below a millimetre within the zone).
   */
  function gaussKruger(lng, lat, meridian = 108) {
    const n = F / (2 - F), n2 = n * n, n3 = n2 * n, n4 = n3 * n;
    const radius = (A / (1 + n)) * (1 + n2 / 4 + n4 / 64);
    const series = [
      n / 2 - (2 / 3) * n2 + (5 / 16) * n3 + (41 / 180) * n4,
      (13 / 48) * n2 - (3 / 5) * n3 + (557 / 1440) * n4,
      (61 / 240) * n3 - (103 / 140) * n4,
      (49561 / 161280) * n4,
    ];
    const sine = Math.sin(lat * RADIAN), delta = (lng - meridian) * RADIAN;
    const conformal = Math.sinh(Math.atanh(sine) - E * Math.atanh(E * sine));
    const xi0 = Math.atan2(conformal, Math.cos(delta));
    const eta0 = Math.asinh(Math.sin(delta) / Math.hypot(conformal, Math.cos(delta)));
    let xi = xi0, eta = eta0;
    series.forEach((factor, index) => {
      const k = 2 * (index + 1);
      xi += factor * Math.sin(k * xi0) * Math.cosh(k * eta0);
      eta += factor * Math.cos(k * xi0) * Math.sinh(k * eta0);
    });
    return { easting: 500000 + radius * eta, northing: radius * xi };
  }

  /** Geodesic distance in m between [lng, lat] pairs, by Vincenty's inverse method; for points that are not antipodal. */
  function distance([lng1, lat1], [lng2, lat2]) {
    const b = A * (1 - F);
    const u1 = Math.atan((1 - F) * Math.tan(lat1 * RADIAN)), u2 = Math.atan((1 - F) * Math.tan(lat2 * RADIAN));
    const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
    const full = (lng2 - lng1) * RADIAN;
    let lambda = full, sigma = 0, sinSigma = 0, cosSigma = 1, cos2Alpha = 1, cosM = 0;
    for (let turn = 0; turn < 100; turn++) {
      const sl = Math.sin(lambda), cl = Math.cos(lambda);
      sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
      if (sinSigma === 0) return 0;
      cosSigma = s1 * s2 + c1 * c2 * cl;
      sigma = Math.atan2(sinSigma, cosSigma);
      const sinAlpha = (c1 * c2 * sl) / sinSigma;
      cos2Alpha = 1 - sinAlpha * sinAlpha;
      cosM = cos2Alpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cos2Alpha;
      const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
      const before = lambda;
      lambda = full + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (cosM + c * cosSigma * (2 * cosM * cosM - 1)));
      if (Math.abs(lambda - before) < 1e-13) break;
    }
    const u = (cos2Alpha * (A * A - b * b)) / (b * b);
    const p = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
    const q = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
    const square = 2 * cosM * cosM - 1;
    const inner = cosSigma * square - (q / 6) * cosM * (4 * sinSigma * sinSigma - 3) * (4 * cosM * cosM - 3);
    return b * p * (sigma - q * sinSigma * (cosM + (q / 4) * inner));
  }

  function length(points) {
    let sum = 0;
    for (let i = 1; i < points.length; i++) sum += distance(points[i - 1], points[i]);
    return sum;
  }

  function authalic(sine) {
    return (1 - E2) * (sine / (1 - E2 * sine * sine) + Math.atanh(E * sine) / E);
  }

  /** Area in m² of a simple polygon of [lng, lat] corners (open or closed): shoelace in the equal-area projection at its centre. */
  function area(points) {
    if (points.length < 3) return 0;
    const lng0 = points.reduce((sum, point) => sum + point[0], 0) / points.length;
    const lat0 = points.reduce((sum, point) => sum + point[1], 0) / points.length;
    const qp = authalic(1), rq = A * Math.sqrt(qp / 2);
    const beta0 = Math.asin(authalic(Math.sin(lat0 * RADIAN)) / qp);
    const sin0 = Math.sin(beta0), cos0 = Math.cos(beta0);
    const flat = points.map(([lng, lat]) => {
      const beta = Math.asin(authalic(Math.sin(lat * RADIAN)) / qp), delta = (lng - lng0) * RADIAN;
      const sin = Math.sin(beta), cos = Math.cos(beta);
      const scale = rq * Math.sqrt(2 / (1 + sin0 * sin + cos0 * cos * Math.cos(delta)));
      return [scale * cos * Math.sin(delta), scale * (cos0 * sin - sin0 * cos * Math.cos(delta))];
    });
    let twice = 0;
    flat.forEach(([x, y], i) => {
      const [nextX, nextY] = flat[(i + 1) % flat.length];
      twice += x * nextY - nextX * y;
    });
    return Math.abs(twice) / 2;
  }

  function inRing([x, y], ring) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i], [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  }

  /** Whether a [lng, lat] lies in a GeoJSON polygon or multipolygon (holes count as outside). */
  function contains(geometry, point) {
    const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return parts.some((rings) => rings.reduce((inside, ring) => inside !== inRing(point, ring), false));
  }

  /** [west, south, east, north] of a GeoJSON geometry, null when it is empty. */
  function boundsOf(geometry) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    (function visit(item) {
      if (typeof item[0] !== "number") return item.forEach(visit);
      box[0] = Math.min(box[0], item[0]);
      box[1] = Math.min(box[1], item[1]);
      box[2] = Math.max(box[2], item[0]);
      box[3] = Math.max(box[3], item[1]);
    })(geometry.coordinates);
    return box[0] <= box[2] ? box : null;
  }

  /** Crossings of a horizontal line at y with a ring's edges, ascending x. */
  function cuts(ring, y) {
    const found = [];
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i], [xj, yj] = ring[j];
      if (yi > y !== yj > y) found.push(((xj - xi) * (y - yi)) / (yj - yi) + xi);
    }
    return found;
  }

  /**
   * A point [lng, lat] well inside a GeoJSON polygon or multipolygon, for its label: the middle of the widest stretch along some
   * parallels. Falls back to the middle of the box.
   */
  function innerPoint(geometry) {
    const [west, south, east, north] = boundsOf(geometry);
    const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    let best = { width: 0, point: [(west + east) / 2, (south + north) / 2] };
    for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
      const y = south + share * (north - south);
      for (const rings of parts) {
        const xs = rings.flatMap((ring) => cuts(ring, y)).sort((a, b) => a - b);
        for (let i = 0; i + 1 < xs.length; i += 2) {
          const width = xs[i + 1] - xs[i];
          if (width > best.width * 1.2) best = { width, point: [(xs[i] + xs[i + 1]) / 2, y] };
        }
      }
    }
    return best.point;
  }

  /** Twice the signed area of a triangle: which side of the line a–b the point c lies on. */
  function side(a, b, c) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  }

  function between(a, b, c) {
    return Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
  }

  /** Whether the segments a–b and c–d have a point in common. */
  function meet(a, b, c, d) {
    const [c1, d1, a1, b1] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)].map(Math.sign);
    if (c1 !== d1 && a1 !== b1 && (c1 || d1) && (a1 || b1)) return true;
    return (c1 === 0 && between(a, b, c)) || (d1 === 0 && between(a, b, d)) || (a1 === 0 && between(c, d, a)) || (b1 === 0 && between(c, d, b));
  }

  /** Whether two edges that share the corner b fold back onto each other. */
  function folds(a, b, c) {
    return side(a, b, c) === 0 && (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0;
  }

  /**
   * Edges of a path of [lng, lat] corners that cross, touch or fold back onto another one, ascending; edge i runs from corner i
   * to the next. closed: the last corner is joined to the first.
   */
  function crossingEdges(points, closed) {
    const count = closed ? points.length : points.length - 1, found = new Set();
    const corner = (i) => points[i % points.length];
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const next = j === i + 1, round = closed && i === 0 && j === count - 1;
        let bad;
        if (next) bad = folds(corner(i), corner(j), corner(j + 1));
        else if (round) bad = folds(corner(j), corner(0), corner(1));
        else bad = meet(corner(i), corner(i + 1), corner(j), corner(j + 1));
        if (bad) found.add(i).add(j);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  /** A round graticule step in degrees, at least `least` wide. */
  function graticuleStep(least) {
    return [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2].find((step) => step >= least) || 5;
  }

  /** {centre: [lat, lng], zoom} of "lat,lng,zoom", also with the size ",width,height" of whose view it was; null for anything else. */
  function parseView(view) {
    const numbers = (Array.isArray(view) ? view : String(view || "").split(",")).map(Number);
    const [lat, lng, zoom] = numbers;
    const good = (numbers.length === 3 || numbers.length === 5) && numbers.every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lng) <= 180;
    return good ? { centre: [lat, lng], zoom } : null;
  }

  /** About how wide a label is, in pixels: Chinese glyphs 13, Latin ones less. */
  function textWidth(text) {
    let width = 6;
    for (const glyph of text) width += glyph.charCodeAt(0) < 256 ? 8 : 13;
    return width;
  }

  function apart(box, other) {
    return box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3];
  }

  /**
   * Greedy places for labels, first come first served. choices: for each label its boxes [x0, y0, x1, y1], the best place first;
   * obstacles: boxes that no label may touch. Returns [label, choice] pairs of those that found a place.
   */
  function placeLabels(choices, obstacles = []) {
    const placed = [], taken = [...obstacles];
    choices.forEach((boxes, label) => {
      const choice = boxes.findIndex((box) => taken.every((other) => apart(box, other)));
      if (choice < 0) return;
      placed.push([label, choice]);
      taken.push(boxes[choice]);
    });
    return placed;
  }

  const api = {
    gaussKruger, distance, length, area, contains, boundsOf, innerPoint, crossingEdges, graticuleStep, parseView, textWidth, placeLabels,
  };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else (root.Pingchang = root.Pingchang || {}).geometry = api;
})(typeof window !== "undefined" ? window : globalThis);
