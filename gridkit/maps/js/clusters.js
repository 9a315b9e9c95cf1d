// gridkit maps: clusters of grids, each with one outline and its number.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};

  // layer: gk.Grids; outlines: [{n, color, rings, at}] in 1e-5 degrees
  gk.clusters = function (layer, outlines) {
    var marks = L.layerGroup();
    layer.on('add', function () {
      var map = layer._oldMap = layer._map;
      if (!map.getPane('gkClusterLines')) {
        var pane = map.createPane('gkClusterLines');
        pane.style.zIndex = 435; pane.style.pointerEvents = 'none';
      }
      if (!layer._marked) {
        layer._marked = true;
        var renderer = L.svg({pane: 'gkClusterLines', padding: 0.3});
        outlines.forEach(function (o) {
          var shape = gk.latlngs(o.rings);
          [['#fffefb', 6], [o.color, 2.6]].forEach(function (line) {
            marks.addLayer(L.polygon(shape, {renderer: renderer, pane: 'gkClusterLines', interactive: false,
              fill: false, color: line[0], weight: line[1], opacity: 1}));
          });
        });
        layer._numbers = outlines.map(function (o) {
          return L.marker([o.at[1] / 1e5, o.at[0] / 1e5], {interactive: false, keyboard: false, zIndexOffset: 500,
            icon: L.divIcon({className: 'gk-number', iconSize: [26, 26], html: '<span style="background:' + o.color + '">' + o.n + '</span>'})}).addTo(marks);
        });
      }
      marks.addTo(map);
      map.on('moveend viewreset', spread);
      spread();
    });
    layer.on('remove', function () {
      layer._oldMap.off('moveend viewreset', spread);
      gk.take(layer._oldMap, 'clusters', []);
      marks.remove();
    });
    // numbers step aside from those before them, and names of places from the numbers
    function spread() {
      var map = layer._map;
      if (!map) { return; }
      var taken = [];
      layer._numbers.forEach(function (mark) {
        var p = map.latLngToLayerPoint(mark.getLatLng()), dx = 0;
        var near = function (q) { return Math.abs(q.x - p.x - dx) < 25 && Math.abs(q.y - p.y) < 25; };
        while (taken.some(near)) { dx += 5; }
        taken.push(L.point(p.x + dx, p.y));
        mark.getElement().style.marginLeft = (dx - 13) + 'px';
      });
      gk.take(map, 'clusters', taken.map(function (q) { return [q.x - 14, q.y - 14, q.x + 14, q.y + 14]; }));
    }
    layer.outlines = outlines;
    return layer;
  };
})();
