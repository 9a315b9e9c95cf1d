// gridkit maps: grids over weeks, with a slider that plays, the clusters of the week, and what happened then.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var PLAY_MS = 420, W = 1000, H = 46;

  gk.Time = gk.Grids.extend({
    // spec: as gk.Grids, and time: {weeks, window, data, bounds, totals, clusters, events, words}
    initialize: function (spec) {
      gk.Grids.prototype.initialize.call(this, spec);
      var t = spec.time, next = gk.reader(t.data), n = spec.cls.length, i;
      this._n = n;
      this._week = new Uint16Array(n * t.weeks.length);
      for (i = 0; i < this._week.length; i++) { this._week[i] = next(); }
      this.at = t.weeks.length - 1;
    },
    onAdd: function (map) {
      gk.Grids.prototype.onAdd.call(this, map);
      this._bar(map);
      this.step(this.at);
    },
    onRemove: function (map) {
      this._pause();
      this._box.remove(); this._box = null;
      map.getContainer().style.removeProperty('--gk-foot');
      if (this._marks) { this._marks.remove(); this._marks = null; }
      gk.Grids.prototype.onRemove.call(this, map);
    },
    sum: function (i, at) {
      for (var w = Math.max(0, at - this.spec.time.window + 1), s = 0; w <= at; w++) { s += this._week[w * this._n + i]; }
      return s;
    },
    _class: function (v) {
      if (v === 0) { return 0; }
      var b = this.spec.time.bounds, k = 0;
      while (k < b.length - 1 && v > b[k]) { k++; }
      return k + 1;
    },
    // Show a week: only the grids whose class changes are touched.
    step: function (at) {
      var self = this, t = this.spec.time, cls = this.spec.cls, classes = this.spec.classes;
      this.at = at;
      this.eachLayer(function (p) {
        var i = p.gkIndex, k = self._class(self.sum(i, at));
        if (k === cls[i]) { return; }
        cls[i] = k;
        p.setStyle({fillColor: classes[k].fill, fillOpacity: classes[k].opacity === undefined ? 1 : classes[k].opacity});
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
    },
    _say: function (t, at) {
      var happened = t.events.filter(function (e) { return e.from <= t.ends[at] && e.to >= t.weeks[at]; });
      this._label.innerHTML = '<b>' + t.labels[at] + '</b> ' + t.words.total.replace('#', t.totals[at].toLocaleString('zh-CN'));
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
    _bar: function (map) {
      var self = this, t = this.spec.time;
      var box = this._box = L.DomUtil.create('div', 'gk-time', map.getContainer());
      box.innerHTML = '<div class="gk-time-top"><button type="button" class="gk-play"></button><div class="gk-time-label" aria-live="off"></div>' +
        '<div class="gk-time-events"></div></div><div class="gk-time-chart">' + this._chart(t) +
        '<input type="range" min="0" max="' + (t.weeks.length - 1) + '" step="1" aria-label="' + t.words.week + '"></div>' +
        '<div class="gk-axis"><span>' + t.labels[0] + '</span><span>' + t.words.chart + '</span><span>' + t.labels[t.labels.length - 1] + '</span></div>';
      var find = function (css) { return box.querySelector(css); };
      this._play = find('.gk-play'); this._label = find('.gk-time-label'); this._happened = find('.gk-time-events');
      this._range = find('input'); this._head = find('.gk-time-head'); this._line = find('.gk-time-line');
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      L.DomEvent.on(box, 'keydown', L.DomEvent.stopPropagation);
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
    lines: function (i) {
      var t = this.spec.time, n = t.weeks.length, most = 1, v = [], w;
      for (w = 0; w < n; w++) { v.push(this._week[w * this._n + i]); most = Math.max(most, v[w]); }
      var bars = v.map(function (c, k) {
        return '<rect x="' + k * 4 + '" y="' + (26 - c / most * 24) + '" width="3" height="' + c / most * 24 + '" fill="' + (k === this.at ? '#7f0d22' : '#5d92a0') + '"/>';
      }, this).join('');
      return '<div class="gk-tip-part"><div class="gk-tip-title">' + this.spec.title + '</div><table><tr><th>' + t.labels[this.at] +
        '</th><td>' + this.sum(i, this.at) + ' ' + t.words.unit + '</td></tr></table><svg width="220" height="26" viewBox="0 0 ' + n * 4 +
        ' 26" preserveAspectRatio="none" aria-hidden="true">' + bars + '</svg></div>';
    }
  });
})();
