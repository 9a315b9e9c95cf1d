// gridkit maps: grids over weeks, with a slider that plays, the clusters of the week, and what happened then.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var PLAY_MS = 420, W = 1000, H = 46;

  gk.Time = gk.Grids.extend({
    // spec: as gk.Grids, and time: {weeks, window, data, measures, measure, per, homes, means, spreads,
    // totals, clusters, events, words}
    initialize: function (spec) {
      gk.Grids.prototype.initialize.call(this, spec);
      var t = spec.time, n = spec.cls.length;
      this._n = n;
      this._week = gk.reader(t.data)(n * t.weeks.length);
      this.at = t.weeks.length - 1;
      this.by = t.measures[t.measure];
    },
    legend: function () { return this.by.legend; },
    onAdd: function (map) {
      gk.Grids.prototype.onAdd.call(this, map);
      this._bar(map);
      this.step(this.at);
      map.on('moveend viewreset', this._clear, this);
    },
    onRemove: function (map) {
      this._pause();
      this._box.remove(); this._box = null;
      map.getContainer().style.removeProperty('--gk-foot');
      if (this._marks) { this._marks.remove(); this._marks = null; }
      map.off('moveend viewreset', this._clear, this);
      gk.take(map, 'weeks', []); this._told = null;
      gk.Grids.prototype.onRemove.call(this, map);
    },
    sum: function (i, at) {
      for (var w = Math.max(0, at - this.spec.time.window + 1), s = 0; w <= at; w++) { s += this._week[w * this._n + i]; }
      return s;
    },
    // What a grid has at a step by a measure, by default the one chosen; null without households.
    value: function (i, at, by) {
      var t = this.spec.time, name = (by || this.by).name, n = this.sum(i, at), h = t.homes[i], mean = t.means[at], own;
      if (name === 'counts') { return n; }
      if (!h) { return null; }
      if (name === 'rates') { return t.per * n / h; }
      own = t.spreads[at] * h;
      return t.per * (mean + (own > 0 ? own / (own + mean) : 0) * (n / h - mean));
    },
    _class: function (v) {
      if (v === null) { return 1; }
      if (v === 0) { return 0; }
      var b = this.by.bounds, k = 0;
      while (k < b.length && v > b[k]) { k++; }
      return this.by.first + k;
    },
    choose: function (at) {
      this.by = this.spec.time.measures[at];
      this.step(this.at);
      this._map.fire('gk:legend');
    },
    // Show a week: only the grids whose class changes are touched.
    step: function (at) {
      var self = this, t = this.spec.time, cls = this.spec.cls, styles = this._styles;
      this.at = at;
      this.eachLayer(function (p) {
        var i = p.gkIndex, k = self._class(self.value(i, at));
        if (k === cls[i]) { return; }
        cls[i] = k;
        p.setStyle({fillColor: styles[k].fillColor, fillOpacity: styles[k].fillOpacity});
      });
      this._showClusters(t, at);
      this._say(t, at);
    },
    _showClusters: function (t, at) {
      var map = this._map, week = t.weeks[at], end = t.ends[at];
      if (this._marks) { this._marks.remove(); }
      if (!map.getPane('gkClusterLines')) {
        var pane = map.createPane('gkClusterLines');
        pane.style.zIndex = 435; pane.style.pointerEvents = 'none';
      }
      var renderer = this._lines || (this._lines = L.svg({pane: 'gkClusterLines', padding: 0.3}));
      this._now = t.clusters.filter(function (c) { return c.from <= end && c.to >= week; });
      this._marks = L.layerGroup(this._now.reduce(function (all, c) {
        var shape = gk.latlngs(c.rings);
        [['#fffefb', 6], ['#7f0d22', 2.6]].forEach(function (l) {
          all.push(L.polygon(shape, {renderer: renderer, pane: 'gkClusterLines', interactive: false, fill: false, color: l[0], weight: l[1], opacity: 1}));
        });
        all.push(L.marker([c.at[1] / 1e5, c.at[0] / 1e5], {interactive: false, keyboard: false, zIndexOffset: 500,
          icon: L.divIcon({className: 'gk-number', iconSize: [26, 26], html: '<span style="background:#7f0d22">' + c.n + '</span>'})}));
        return all;
      }, [])).addTo(map);
      var told = this._now.map(function (c) { return c.n; }).join();
      if (told !== this._told) { this._told = told; this._clear(); }
    },
    // names of places step aside from the numbers of the clusters
    _clear: function () {
      var map = this._map;
      gk.take(map, 'weeks', this._now.map(function (c) {
        var p = map.latLngToLayerPoint([c.at[1] / 1e5, c.at[0] / 1e5]);
        return [p.x - 14, p.y - 14, p.x + 14, p.y + 14];
      }));
    },
    _say: function (t, at) {
      var happened = t.events.filter(function (e) { return e.from <= t.ends[at] && e.to >= t.weeks[at]; });
      var rate = this.by.name === 'counts' ? '' : ' · ' + gk.number(t.per * t.means[at], 1) + ' ' + this.by.unit;
      this._label.innerHTML = '<b>' + t.labels[at] + '</b> ' + t.words.total.replace('#', gk.thousands(t.totals[at])) + rate;
      this._happened.innerHTML = happened.map(function (e) { return '<span class="gk-event">' + e.title + '</span>'; })
        .concat(this._now.map(function (c) { return '<span class="gk-event gk-event-cluster">' + c.said + '</span>'; })).join('');
      this._range.value = at;
      this._range.setAttribute('aria-valuetext', t.labels[at]);
      var x = (at + 0.5) / t.weeks.length * W, from = Math.max(0, at - t.window + 1) / t.weeks.length * W;
      this._head.setAttribute('x', from); this._head.setAttribute('width', (at + 1) / t.weeks.length * W - from);
      this._line.setAttribute('x1', x); this._line.setAttribute('x2', x);
    },
    _chart: function (t) {
      var n = t.weeks.length, most = Math.max.apply(null, t.weekly.concat([1])), w = W / n, x = function (day) {
        // a day's place: weeks are known by their Mondays
        var k = 0;
        while (k < n - 1 && t.weeks[k + 1] <= day) { k++; }
        return k;
      };
      var last = t.ends[n - 1], bands = t.events.filter(function (e) { return e.from <= last && e.to >= t.weeks[0]; }).map(function (e) {
        var a = x(e.from) * w, b = (x(e.to) + 1) * w;
        return '<rect class="gk-time-event" x="' + a + '" y="0" width="' + Math.max(2, b - a) + '" height="' + H + '"><title>' + e.title + '</title></rect>';
      }).join('');
      var bars = t.weekly.map(function (v, i) {
        var h = v / most * (H - 4);
        return '<rect x="' + (i * w + w * 0.12) + '" y="' + (H - h) + '" width="' + w * 0.76 + '" height="' + h + '"/>';
      }).join('');
      return '<svg viewBox="0 0 ' + W + ' ' + H + '" preserveAspectRatio="none" aria-hidden="true">' + bands +
        '<rect class="gk-time-head" y="0" height="' + H + '"/><g class="gk-time-bars">' + bars + '</g><line class="gk-time-line" y1="0" y2="' + H + '"/></svg>';
    },
    _choices: function (t) {
      var name = 'gk-measure-' + L.stamp(this), by = this.by;
      if (t.measures.length < 2) { return ''; }
      return '<div class="gk-measures" role="radiogroup" aria-label="' + t.words.measure + '">' + t.measures.map(function (m, i) {
        return '<label title="' + m.en + '"><input type="radio" name="' + name + '" value="' + i + '"' + (m === by ? ' checked' : '') + '><span>' + m.words + '</span></label>';
      }).join('') + '</div>';
    },
    _bar: function (map) {
      var self = this, t = this.spec.time;
      var box = this._box = L.DomUtil.create('div', 'gk-time', map.getContainer());
      box.innerHTML = '<div class="gk-time-top"><button type="button" class="gk-play"></button><div class="gk-time-label" aria-live="off"></div>' + this._choices(t) +
        '<div class="gk-time-events"></div></div><div class="gk-time-chart">' + this._chart(t) +
        '<input type="range" min="0" max="' + (t.weeks.length - 1) + '" step="1" aria-label="' + t.words.week + '"></div>' +
        '<div class="gk-axis"><span>' + t.labels[0] + '</span><span>' + t.words.chart + '</span><span>' + t.labels[t.labels.length - 1] + '</span></div>';
      var find = function (css) { return box.querySelector(css); };
      this._play = find('.gk-play'); this._label = find('.gk-time-label'); this._happened = find('.gk-time-events');
      this._range = find('input[type=range]'); this._head = find('.gk-time-head'); this._line = find('.gk-time-line');
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      L.DomEvent.on(box, 'keydown', L.DomEvent.stopPropagation);
      box.querySelectorAll('.gk-measures input').forEach(function (radio) {
        radio.addEventListener('change', function () { self.choose(+radio.value); });
      });
      this._range.addEventListener('input', function () { self._pause(); self.step(+self._range.value); });
      this._play.addEventListener('click', function () {
        if (self._timer) { self._pause(); return; }
        if (self.at === t.weeks.length - 1) { self.step(0); }
        self._timer = setInterval(function () {
          if (self.at >= t.weeks.length - 1) { self._pause(); return; }
          self.step(self.at + 1);
        }, PLAY_MS);
        self._mark();
      });
      this._mark();
      var foot = function () { if (box.offsetHeight) { map.getContainer().style.setProperty('--gk-foot', box.offsetHeight + 20 + 'px'); } };
      foot();
      if (window.ResizeObserver) { new ResizeObserver(foot).observe(box); }  // the week's events may take a line more
    },
    _pause: function () { clearInterval(this._timer); this._timer = null; this._mark(); },
    _mark: function () {
      var words = this.spec.time.words;
      this._play.textContent = this._timer ? '❚❚' : '▶';
      this._play.title = this._timer ? words.pause : words.play;
      this._play.setAttribute('aria-label', this._play.title);
    },
    _rates: function (t, i) {
      var self = this;
      return t.measures.length < 2 ? '' : t.measures.map(function (m) {
        var v = self.value(i, self.at, m), homes = m.name === 'counts';
        return '<tr><th>' + (homes ? t.words.homes : m.words) + '</th><td>' + (homes ? gk.number(t.homes[i] || null, 0) + ' 户' : gk.number(v, 1) + (v === null ? '' : ' ' + m.unit)) + '</td></tr>';
      }).join('');
    },
    lines: function (i) {
      var t = this.spec.time, n = t.weeks.length, most = 1, v = [], w;
      for (w = 0; w < n; w++) { v.push(this._week[w * this._n + i]); most = Math.max(most, v[w]); }
      var bars = v.map(function (c, k) {
        return '<rect x="' + k * 4 + '" y="' + (26 - c / most * 24) + '" width="3" height="' + c / most * 24 + '" fill="' + (k === this.at ? '#7f0d22' : '#5d92a0') + '"/>';
      }, this).join('');
      return '<div class="gk-tip-part"><div class="gk-tip-title">' + this.spec.title + '</div><table><tr><th>' + t.labels[this.at] +
        '</th><td>' + this.sum(i, this.at) + ' ' + t.words.unit + '</td></tr>' + this._rates(t, i) + '</table><svg width="220" height="26" viewBox="0 0 ' + n * 4 +
        ' 26" preserveAspectRatio="none" aria-hidden="true">' + bars + '</svg></div>';
    }
  });
})();
