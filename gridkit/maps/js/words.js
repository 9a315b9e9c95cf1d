// gridkit maps: a page of words beside the map; a sentence that is chosen shows its place.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};

  // html: sections, every text in it escaped; layer: from gk.clusters
  gk.words = function (map, html, layer) {
    var box = document.createElement('main');
    box.className = 'gk-words';
    box.innerHTML = html;
    document.body.insertBefore(box, document.body.firstChild);
    document.body.classList.add('gk-split');
    map.invalidateSize({animate: false});
    box.querySelectorAll('[data-cluster]').forEach(function (button) {
      var outline = layer.outlines.find(function (o) { return o.n === button.dataset.cluster; });
      button.addEventListener('click', function () {
        map.getContainer().dispatchEvent(new Event('gk-moved'));  // the view is the reader's now
        map.fitBounds(L.polygon(gk.latlngs(outline.rings)).getBounds(), {paddingTopLeft: [40, 90], paddingBottomRight: [40, 40], maxZoom: 14});
      });
    });
  };
})();
