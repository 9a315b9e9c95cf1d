// gridkit maps: outlines shared by layers, one styling rule, one tooltip per grid.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var MANY = 2000;  // beyond MANY polygons, canvas instead of SVG
  var SVG = 'http://www.w3.org/2000/svg';

  // All gridkit layers on a map, so that a tooltip and the legend can speak for those shown.
  gk.shown = function (map) { return map._gkShown || (map._gkShown = []); };

  // --- hatching: lines that say in print what color says on a screen -----------------------
  function lines(kind, gap) {
    var g = gap, h = gap / 2;
    return {
      diag: [[0, g, g, 0], [-h, h, h, -h], [h, g + h, g + h, h]],
      back: [[0, 0, g, g], [-h, h, h, g + h], [h, -h, g + h, h]],
      cross: [[0, g, g, 0], [0, 0, g, g], [-h, h, h, -h], [h, g + h, g + h, h],
        [-h, h, h, g + h], [h, -h, g + h, h]],
      level: [[0, h, g, h]],
      upright: [[h, 0, h, g]]
    }[kind];
  }
  // a light edge keeps the lines apart from whatever lies below
  function strokes(h) { return (h.halo ? [[h.halo, h.width + 2]] : []).concat([[h.color, h.width]]); }
  function defs() {
    var svg = document.getElementById('gk-hatch');
    if (!svg) {
      svg = document.createElementNS(SVG, 'svg');
      svg.id = 'gk-hatch'; svg.setAttribute('width', 0); svg.setAttribute('height', 0);
      svg.setAttribute('aria-hidden', 'true'); svg.style.position = 'absolute';
      document.body.appendChild(svg);
    }
    return svg;
  }
  function el(parent, tag, attrs) {
    var node = document.createElementNS(SVG, tag);
    for (var k in attrs) { node.setAttribute(k, attrs[k]); }
    return parent.appendChild(node);
  }
  function svgHatch(h) {
    var id = ['gk', h.kind, h.gap, h.width, h.color, h.ground, h.halo].join('-').replace(/[^\w-]/g, '');
    if (!document.getElementById(id)) {
      var p = el(defs(), 'pattern', {id: id, width: h.gap, height: h.gap, patternUnits: 'userSpaceOnUse'});
      if (h.ground) { el(p, 'rect', {width: h.gap, height: h.gap, fill: h.ground}); }
      strokes(h).forEach(function (s) {
        lines(h.kind, h.gap).forEach(function (l) {
          el(p, 'path', {d: 'M' + l[0] + ' ' + l[1] + 'L' + l[2] + ' ' + l[3], stroke: s[0], 'stroke-width': s[1]});
        });
      });
    }
    return 'url(#' + id + ')';
  }
  function canvasHatch(h) {
    var c = document.createElement('canvas'), k = window.devicePixelRatio || 1;
    c.width = c.height = Math.round(h.gap * k);
    var x = c.getContext('2d');
    x.scale(c.width / h.gap, c.width / h.gap);
    if (h.ground) { x.fillStyle = h.ground; x.fillRect(0, 0, h.gap, h.gap); }
    strokes(h).forEach(function (s) {
      x.strokeStyle = s[0]; x.lineWidth = s[1];
      lines(h.kind, h.gap).forEach(function (l) {
        x.beginPath(); x.moveTo(l[0], l[1]); x.lineTo(l[2], l[3]); x.stroke();
      });
    });
    var pattern = x.createPattern(c, 'repeat');
    pattern.setTransform(new DOMMatrix().scale(h.gap / c.width));
    return pattern;
  }
  gk.canvasHatch = canvasHatch;
  gk.swatch = function (c) {
    var fill = c.hatch ? svgHatch(c.hatch) : (c.fill || 'none');
    return '<svg class="gk-swatch" width="26" height="16" aria-hidden="true"><rect x="1" y="1" width="24" height="14" rx="1.5" fill="' +
      fill + '" fill-opacity="' + (c.opacity === undefined ? 1 : c.opacity) + '" stroke="' + (c.stroke || '#8d887e') +
      '" stroke-width="' + Math.min(c.weight || 0.8, 2) + '"/>' + (c.glyph ? '<text class="gk-glyph" x="13" y="8.4" text-anchor="middle" dominant-baseline="central">' + c.glyph + '</text>' : '') + '</svg>';
  };

  // Places on the screen that a layer needs, so that names step aside.
  gk.take = function (map, who, boxes) {
    (map._gkTaken || (map._gkTaken = {}))[who] = boxes;
    map.fire('gk:taken');
  };
  gk.taken = function (map) {
    var all = map._gkTaken || {};
    return [].concat.apply([], Object.keys(all).map(function (who) { return all[who]; }));
  };

  gk.number = function (v, digits) {
    if (v === null || v === undefined) { return '—'; }
    if (v === 0 && digits === 3) { return '<0.001'; }  // a probability, rounded, is never nought
    return v.toLocaleString('zh-CN', {minimumFractionDigits: digits, maximumFractionDigits: digits});
  };

  // --- a layer of colored grids ----------------------------------------------------------
  gk.Grids = L.FeatureGroup.extend({
    // spec: {shapes, pane, zIndex, classes, cls, cols, rows, title}
    initialize: function (spec) { L.FeatureGroup.prototype.initialize.call(this); this.spec = spec; },
    onAdd: function (map) {
      if (!this._built) { this._build(map); }
      L.FeatureGroup.prototype.onAdd.call(this, map);
      gk.shown(map).push(this);
      if (this.spec.classes.some(function (c) { return c.glyph; })) {
        if (!map.getPane('gkGlyphs')) {
          var pane = map.createPane('gkGlyphs');
          pane.style.zIndex = 438; pane.style.pointerEvents = 'none';
        }
        this._glyphs = L.DomUtil.create('div', 'gk-glyphs leaflet-zoom-hide', map.getPane('gkGlyphs'));
        map.on('moveend viewreset', this._drawGlyphs, this);
        this._drawGlyphs();
      }
    },
    // one character in each marked grid, where there is room: what a grey print is read by
    _drawGlyphs: function () {
      var map = this._map, spec = this.spec, html = [], boxes = [], shapes = gk.outlines(spec.shapes);
      spec.cls.forEach(function (k, i) {
        var glyph = spec.classes[k].glyph;
        if (!glyph || !shapes[i].length) { return; }
        var bounds = L.latLngBounds(shapes[i][0][0]);
        var a = map.latLngToLayerPoint(bounds.getNorthWest()), b = map.latLngToLayerPoint(bounds.getSouthEast());
        if (b.x - a.x < 17 || b.y - a.y < 15) { return; }
        var x = Math.round((a.x + b.x) / 2), y = Math.round((a.y + b.y) / 2);
        boxes.push([x - 9, y - 9, x + 9, y + 9]);
        html.push('<span style="left:' + x + 'px;top:' + y + 'px">' + glyph + '</span>');
      });
      this._glyphs.innerHTML = html.join('');
      gk.take(map, 'glyphs' + spec.pane, boxes);
    },
    onRemove: function (map) {
      if (this._glyphs) {
        map.off('moveend viewreset', this._drawGlyphs, this);
        this._glyphs.remove(); gk.take(map, 'glyphs' + this.spec.pane, []);
      }
      gk.shown(map).splice(gk.shown(map).indexOf(this), 1);
      L.FeatureGroup.prototype.onRemove.call(this, map);
    },
    _build: function (map) {
      this._built = true;
      var spec = this.spec, data = gk.shapes[spec.shapes];
      if (!map.getPane(spec.pane)) { map.createPane(spec.pane).style.zIndex = spec.zIndex; }
      var many = data.rings.length > MANY, self = this;
      var renderer = many ? L.canvas({pane: spec.pane, padding: 0.2}) : L.svg({pane: spec.pane, padding: 0.3});
      var styles = this._styles = spec.classes.map(function (c) {
        return {
          renderer: renderer, pane: spec.pane, smoothFactor: 0.8, noClip: !many,
          fill: true, fillColor: c.hatch ? (many ? canvasHatch(c.hatch) : svgHatch(c.hatch)) : (c.fill || '#000'),
          fillOpacity: c.hatch || c.fill ? (c.opacity === undefined ? 1 : c.opacity) : 0,
          stroke: !!c.stroke, color: c.stroke || '#000', weight: c.weight || 0.8, opacity: 1
        };
      });
      gk.outlines(spec.shapes).forEach(function (polygons, i) {
        if (!polygons.length) { return; }
        var p = L.polygon(polygons, styles[spec.cls[i]]);
        p.gkIndex = i;
        self.addLayer(p);
      });
      this.bindTooltip(function (p) { return gk.tip(map, spec.shapes, p.gkIndex); },
        {sticky: true, className: 'gk-tip', opacity: 1});
      this.on('mouseover', function (e) { self._mark(e.layer || e.propagatedFrom, true); });
      this.on('mouseout', function (e) { self._mark(e.layer || e.propagatedFrom, false); });
    },
    _mark: function (p, on) {
      var o = this.spec.classes[this.spec.cls[p.gkIndex]];
      p.setStyle(on ? {stroke: true, color: '#1d1b18', weight: 2.4}
        : {stroke: !!o.stroke, color: o.stroke || '#000', weight: o.weight || 0.8});
      if (on) { p.bringToFront(); }
    },
    lines: function (i) {
      var spec = this.spec, note = spec.classes[spec.cls[i]].note;
      var rows = spec.rows.map(function (r) {
        var v = spec.cols[r.col][i];
        if (v === null && r.optional) { return ''; }
        return '<tr><th>' + r.label + '</th><td>' + gk.number(v, r.digits) + (v === null ? '' : r.unit || '') + '</td></tr>';
      }).join('');
      return '<div class="gk-tip-part"><div class="gk-tip-title">' + spec.title + '</div>' +
        (note ? '<div class="gk-tip-note">' + note + '</div>' : '') +
        (rows ? '<table>' + rows + '</table>' : '') + '</div>';
    }
  });
  gk.tip = function (map, key, i) {
    var s = gk.shapes[key];
    return '<div class="gk-tip-name">' + s.names[i] + '</div><div class="gk-tip-id">' +
      (s.places[i] ? s.places[i] + ' · ' : '') + s.ids[i] + '</div>' +
      gk.shown(map).filter(function (l) { return l.spec.shapes === key; })
        .map(function (l) { return l.lines(i); }).join('');
  };
})();
