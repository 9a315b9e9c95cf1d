// gridkit maps: concerns as numbered discs, one per cell of 64 pixels, for every zoom.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var CELL = 64, LISTED = 12;

  // A level, as gridkit/maps/layers/cells.py packs it.
  function decode(level, bands) {
    var next = gk.reader(level.data), n = level.n, key = 0, many = 0, i, k;
    var x = new Float64Array(n), y = new Float64Array(n), cx = new Uint32Array(n), cy = new Uint32Array(n);
    var step = next(n), count = next(n), of = new Uint32Array(n * bands);
    for (i = 0; i < n; i++) {
      key += step[i];
      cx[i] = level.west + key % level.width; cy[i] = level.north + Math.floor(key / level.width);
      if (++count[i] > 1) { many++; }
    }
    var one = next(n - many), at = 0, some = [];
    for (k = 0; k < bands - 1; k++) { some.push(next(many)); }
    for (i = 0, many = 0; i < n; i++) {
      if (count[i] === 1) { of[i * bands + one[at++]] = 1; continue; }
      var rest = count[i];
      for (k = 0; k < bands - 1; k++) { rest -= of[i * bands + k] = some[k][many]; }
      of[i * bands + bands - 1] = rest;
      many++;
    }
    var place = next(n);
    for (i = 0; i < n; i++) {
      // discs are drawn a little towards the middle of their cell, so that neighbors keep
      // apart; a single concern stays where it is
      k = count[i] === 1 ? 1 : 0.8;
      x[i] = (cx[i] + 0.5 + (((place[i] & 15) + 0.5) / 16 - 0.5) * k) * CELL;
      y[i] = (cy[i] + 0.5 + (((place[i] >> 4) + 0.5) / 16 - 0.5) * k) * CELL;
    }
    return {n: n, x: x, y: y, cx: cx, cy: cy, count: count, of: of};
  }
  function short(n) { return n < 10000 ? String(n) : (n / 10000).toFixed(n < 100000 ? 1 : 0) + '万'; }

  gk.Discs = L.Layer.extend({
    // spec: {levels: {z: level}, low, high, bands: [{name, color, ink}], words, rows}
    initialize: function (spec) { this.spec = spec; this._cells = {}; },
    onAdd: function (map) {
      if (!map.getPane('gkDiscs')) { map.createPane('gkDiscs').style.zIndex = 610; }
      this._box = L.DomUtil.create('div', 'gk-discs leaflet-zoom-hide', map.getPane('gkDiscs'));
      L.DomEvent.on(this._box, 'click', this._open, this);
      map.on('moveend viewreset', this._draw, this);
      this._draw();
    },
    onRemove: function (map) { map.off('moveend viewreset', this._draw, this); this._box.remove(); gk.take(map, 'discs', []); },
    _level: function () {
      var z = Math.max(this.spec.low, Math.min(this.spec.high, Math.floor(this._map.getZoom() + 1e-6)));
      if (!this._cells[z]) { this._cells[z] = decode(this.spec.levels[z], this.spec.bands.length); }
      return z;
    },
    _draw: function () {
      var map = this._map, z = this._level(), c = this._cells[z], spec = this.spec;
      var k = map.getZoomScale(map.getZoom(), z), origin = map.getPixelOrigin(), size = map.getSize();
      var nw = map.containerPointToLayerPoint([0, 0]);
      var html = [], taken = [];
      // cells are in rows from the north: none above the view is looked at, none below
      var top = Math.floor((nw.y + origin.y - 60) / k / CELL) - 1, bottom = Math.ceil((nw.y + origin.y + size.y + 60) / k / CELL);
      var i = 0, end = c.n;
      while (i < end) { var half = (i + end) >> 1; if (c.cy[half] < top) { i = half + 1; } else { end = half; } }
      for (; i < c.n && c.cy[i] <= bottom; i++) {
        var px = c.x[i] * k - origin.x, py = c.y[i] * k - origin.y;
        if (px < nw.x - 60 || py < nw.y - 60 || px > nw.x + size.x + 60 || py > nw.y + size.y + 60) { continue; }
        taken.push([px - 20, py - 20, px + 20, py + 20]);
        html.push(this._disc(i, px, py, c.count[i], c.of.subarray(i * spec.bands.length, (i + 1) * spec.bands.length)));
      }
      this._box.innerHTML = html.join('');
      gk.take(map, 'discs', taken);
    },
    _disc: function (i, px, py, n, of) {
      var bands = this.spec.bands, one = n === 1, from = 0, ring = [], said = [], worst = -1;
      for (var k = 0; k < of.length; k++) {
        if (!of[k]) { continue; }
        if (worst < 0) { worst = k; }
        ring.push(bands[k].color + ' ' + from + 'turn ' + (from += of[k] / n) + 'turn');
        said.push(bands[k].name + ' ' + gk.thousands(of[k]));
      }
      var d = one ? 17 : Math.min(42, Math.round(21 + 6 * Math.log10(n)));
      var text = gk.thousands(n) + ' ' + this.spec.words.unit + ' · ' + said.join(', ');
      return '<button type="button" data-i="' + i + '" class="gk-disc gk-band' + worst + (one ? ' gk-one' : '') + '" style="left:' +
        Math.round(px) + 'px;top:' + Math.round(py) + 'px;width:' + d + 'px;height:' + d + 'px;--c:' + bands[worst].color +
        ';--ink:' + bands[worst].ink + (one ? '' : ';background:conic-gradient(' + ring.join(',') + ')') +
        '" title="' + text + '" aria-label="' + text + '"><span>' + (one ? '' : short(n)) + '</span></button>';
    },
    _open: function (e) {
      var button = e.target.closest('button'), map = this._map;
      if (!button || (map.dragging && map.dragging.moved())) { return; }
      L.DomEvent.stop(e);
      var z = this._level(), c = this._cells[z], i = +button.dataset.i;
      var at = map.unproject(L.point(c.x[i], c.y[i]), z);
      var rows = this.spec.rows ? this._rowsIn(z, c.cx[i], c.cy[i]) : [];
      if (rows.length && (rows.length <= LISTED || z === this.spec.high)) {
        L.popup({maxWidth: 420, className: 'gk-popup', autoPanPaddingTopLeft: [60, 80], autoPanPaddingBottomRight: [map.getSize().x > 900 ? 290 : 20, 30]}).setLatLng(at).setContent(this._table(rows)).openOn(map);
      } else if (map.getZoom() < map.getMaxZoom()) {
        map.setView(at, Math.min(map.getZoom() + 2, map.getMaxZoom()));
      }
    },
    _rowsIn: function (z, cx, cy) {
      var r = this.spec.rows, k = Math.pow(2, this.spec.high - z), out = [];
      for (var i = 0; i < r.cx.length; i++) {
        if (Math.floor(r.cx[i] / k) === cx && Math.floor(r.cy[i] / k) === cy) { out.push(i); }
      }
      return out;
    },
    _table: function (rows) {
      var r = this.spec.rows, more = rows.length - LISTED;
      return '<table><thead><tr>' + r.heads.map(function (h) { return '<th>' + h + '</th>'; }).join('') + '</tr></thead><tbody>' +
        rows.slice(0, LISTED).map(function (i) {
          return '<tr>' + r.cells[i].map(function (v) { return '<td>' + v + '</td>'; }).join('') + '</tr>';
        }).join('') + '</tbody></table>' + (more > 0 ? '<p>' + this.spec.words.more.split('#').join(more) + '</p>' : '');
    }
  });
})();
