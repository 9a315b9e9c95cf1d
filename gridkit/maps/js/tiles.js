// gridkit maps: raster tiles from the page itself, or from this machine's own handler.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var EMPTY = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

  gk.Tiles = L.GridLayer.extend({
    // spec: {held: {z/x/y: base64}, media, url or null}
    initialize: function (spec, options) { this.spec = spec; L.GridLayer.prototype.initialize.call(this, options); },
    onAdd: function (map) {
      if (!map.getPane('gkTiles')) { map.createPane('gkTiles').style.zIndex = 360; }
      L.GridLayer.prototype.onAdd.call(this, map);
    },
    createTile: function (at, done) {
      var tile = document.createElement('img'), held = this.spec.held[at.z + '/' + at.x + '/' + at.y];
      tile.alt = '';
      tile.onload = function () { done(null, tile); };
      tile.onerror = function () { tile.onerror = null; tile.src = EMPTY; };
      tile.src = held ? 'data:' + this.spec.media + ';base64,' + held :
        this.spec.url && at.z >= 0 ? this.spec.url + '/' + at.z + '/' + at.x + '/' + at.y : EMPTY;
      return tile;
    }
  });
})();
