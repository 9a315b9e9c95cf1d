// gridkit maps: single marks (concerns, rooms, stops of a route), their shape says what they are.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var STEPS = 100000, NEAR = 11, LISTED = 12;

  // outlines in a box of 24 by 24; the glyph stands at [12, y]
  var SHAPES = {
    diamond: ['M12 1L23 12L12 23L1 12Z', 12],
    triangle: ['M12 2L23 22H1Z', 15.5],
    square: ['M3.5 3.5H20.5V20.5H3.5Z', 12],
    circle: ['M12 3.2A8.8 8.8 0 1 1 11.99 3.2Z', 12],
    house: ['M12 1L23 10V23H1V10Z', 14.5],
    shield: ['M12 1L22 4V13C22 18 17 21 12 23C7 21 2 18 2 13V4Z', 11.5],
    disc: ['M12 1A11 11 0 1 1 11.99 1Z', 12]
  };
  gk.markSvg = function (style, size, glyph) {
    var s = SHAPES[style.shape], text = glyph === undefined ? style.glyph || '' : glyph;
    return '<svg class="gk-swatch" width="' + size + '" height="' + size + '" viewBox="-2 -2 28 28" aria-hidden="true">' +
      '<path d="' + s[0] + '" fill="#fffefb" stroke="#fffefb" stroke-width="4" stroke-linejoin="round"/>' +
      '<path d="' + s[0] + '" fill="' + style.color + '" stroke="#1d1b18" stroke-width="1.3" stroke-linejoin="round"/>' +
      (text === '' ? '' : '<text x="12" y="' + s[1] + '" text-anchor="middle" dominant-baseline="central" font-size="' +
        (text.length > 2 ? 9 : 12) + '" font-weight="700" fill="' + style.ink + '">' + text + '</text>') + '</svg>';
  };

  gk.Marks = L.Layer.extend({
    // spec: {marks: [[x, y, style, glyph or null]] in 1e-5 degrees, styles, heads, rows, named, lines, zIndex, words}
    initialize: function (spec) { this.spec = spec; },
    onAdd: function (map) {
      var name = 'gkMarks' + this.spec.zIndex;
      if (!map.getPane(name)) { map.createPane(name).style.zIndex = this.spec.zIndex; }
      if (this.spec.lines.length) { this._addLines(map); }
      this._box = L.DomUtil.create('div', 'gk-marks leaflet-zoom-hide', map.getPane(name));
      L.DomEvent.on(this._box, 'click', this._open, this);
      map.on('moveend viewreset', this._draw, this);
      this._draw();
    },
    onRemove: function (map) {
      map.off('moveend viewreset', this._draw, this);
      this._box.remove(); gk.take(map, 'marks' + this.spec.zIndex, []);
      if (this._line) { this._line.remove(); }
    },
    _addLines: function (map) {
      if (!map.getPane('gkRoute')) {
        var pane = map.createPane('gkRoute');
        pane.style.zIndex = 436; pane.style.pointerEvents = 'none';
      }
      var way = this.spec.lines.map(function (p) { return [p[1] / STEPS, p[0] / STEPS]; });
      var renderer = this._renderer || (this._renderer = L.svg({pane: 'gkRoute', padding: 0.3}));
      this._line = L.layerGroup([['#fffefb', 6, ''], [this.spec.lineColor, 2.6, '9 6']].map(function (l) {
        return L.polyline(way, {renderer: renderer, pane: 'gkRoute', interactive: false, color: l[0], weight: l[1], opacity: 0.95, dashArray: l[2]});
      })).addTo(map);
    },
    _place: function (m) {
      var map = this._map;
      return map.project([m[1] / STEPS, m[0] / STEPS], map.getZoom()).subtract(map.getPixelOrigin());
    },
    _draw: function () {
      var self = this, map = this._map, spec = this.spec, html = [], size = map.getSize();
      var nw = map.containerPointToLayerPoint([0, 0]), far = map.getZoom() < spec.largeFrom;
      this._at = spec.marks.map(this._place, this);
      var wide = spec.marks.map(function (m) { return Math.round(spec.styles[m[2]].size * (far ? 0.72 : 1)); });
      var seen = this._at.map(function (p) {
        return p.x >= nw.x - 30 && p.y >= nw.y - 30 && p.x <= nw.x + size.x + 30 && p.y <= nw.y + size.y + 30;
      });
      spec.marks.forEach(function (m, i) {
        if (!seen[i]) { return; }
        var p = self._at[i], style = spec.styles[m[2]];
        var text = spec.rows[i].map(function (v, k) { return spec.heads[k] + ' ' + v; }).join(', ');
        html.push('<button type="button" data-i="' + i + '" style="left:' + Math.round(p.x) + 'px;top:' + Math.round(p.y) + 'px;z-index:' +
          (spec.styles.length - m[2]) + '" title="' + text + '" aria-label="' + text + '">' +
          gk.markSvg(style, wide[i], m[3] === null ? (far ? '' : undefined) : m[3]) + '</button>');
      });
      var taken = spec.named && !far ? this._addNames(html, seen, wide) : [];
      this._box.innerHTML = html.join('');
      // names of places step aside from marks that matter, not from hundreds of small ones
      var few = spec.marks.length <= 60;
      gk.take(map, 'marks' + spec.zIndex, taken.concat(this._at.map(function (p, i) {
        var d = spec.styles[spec.marks[i][2]].size * (far ? 0.36 : 0.5);
        return few || d > 8 ? [p.x - d, p.y - d, p.x + d, p.y + d] : null;
      }).filter(Boolean)));
    },
    // The name of each mark beside it, where neither a mark nor another name stands: left out else.
    _addNames: function (html, seen, wide) {
      var spec = this.spec, at = this._at, taken = [];
      var marks = at.map(function (p, i) { var d = wide[i] / 2; return [p.x - d, p.y - d, p.x + d, p.y + d]; });
      var west = this._map.containerPointToLayerPoint([0, 0]).x, east = west + this._map.getSize().x;
      function over(a, b) { return a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1]; }
      at.forEach(function (p, i) {
        if (!seen[i]) { return; }
        var long = 13 * spec.rows[i][0].length, d = wide[i] / 2, box;
        var to = [[d + 1, 0, 0], [-d - 1, 0, -1], [0, d + 9, -0.5], [0, -d - 9, -0.5]].find(function (to) {
          box = [p.x + to[0] + to[2] * long, p.y + to[1] - 8, p.x + to[0] + (1 + to[2]) * long, p.y + to[1] + 8];
          return box[0] >= west && box[2] <= east && !taken.some(over.bind(null, box)) && !marks.some(function (b, k) { return k !== i && seen[k] && over(box, b); });
        });
        if (!to) { return; }
        taken.push(box);
        html.push('<span class="gk-mark-name" style="left:' + Math.round(p.x + to[0]) + 'px;top:' + Math.round(p.y + to[1]) +
          'px;--gk-to:' + to[2] * 100 + '%">' + spec.rows[i][0] + '</span>');
      });
      return taken;
    },
    _open: function (e) {
      var button = e.target.closest('button'), map = this._map, spec = this.spec, at = this._at;
      if (!button || (map.dragging && map.dragging.moved())) { return; }
      L.DomEvent.stop(e);
      var i = +button.dataset.i, here = [];
      at.forEach(function (p, k) { if (Math.abs(p.x - at[i].x) < NEAR && Math.abs(p.y - at[i].y) < NEAR) { here.push(k); } });
      here.sort(function (a, b) { return (b === i) - (a === i) || a - b; });
      var more = here.length - LISTED;
      var table = '<table><thead><tr>' + spec.heads.map(function (h) { return '<th>' + h + '</th>'; }).join('') + '</tr></thead><tbody>' +
        here.slice(0, LISTED).map(function (k) {
          return '<tr>' + spec.rows[k].map(function (v) { return '<td>' + v + '</td>'; }).join('') + '</tr>';
        }).join('') + '</tbody></table>' + (more > 0 ? '<p>' + spec.words.more.split('#').join(more) + '</p>' : '');
      L.popup({maxWidth: 460, className: 'gk-popup', autoPanPaddingTopLeft: [60, 80], autoPanPaddingBottomRight: [map.getSize().x > 900 ? 290 : 20, 30]})
        .setLatLng([spec.marks[i][1] / STEPS, spec.marks[i][0] / STEPS]).setContent(table).openOn(map);
    }
  });
})();
