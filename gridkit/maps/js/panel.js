// gridkit maps: title, badges and a legend that speaks for the layers shown.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};

  function swatch(item) {
    if (item.kind === 'disc') {
      // the disc of many and the mark of one
      return ['', ' gk-one'].map(function (one) {
        return '<span class="gk-swatch gk-disc gk-band' + item.band + one + '" style="--c:' + item.color + ';--ink:' + item.ink +
          '"><span>' + (one ? '' : 'n') + '</span></span>';
      }).join('');
    }
    if (item.kind === 'mark') { return gk.markSvg(item, 20); }
    return gk.swatch(item);
  }
  function section(s) {
    return '<section><h3>' + s.title + (s.en ? ' <small>' + s.en + '</small>' : '') + '</h3>' +
      (s.items.length ? '<ul' + (s.items[0].kind === 'disc' ? ' class="gk-two"' : '') + '>' + s.items.map(function (i) {
        return '<li>' + swatch(i) + '<span>' + i.label + (i.en ? ' <small>' + i.en + '</small>' : '') + '</span></li>';
      }).join('') + '</ul>' : '') +
      s.notes.map(function (n) { return '<p>' + n + '</p>'; }).join('') + '</section>';
  }

  // spec: {title, subtitle, badges: [[kind, text]], foot, sections}; layers: of the sections, in their order
  gk.panel = function (map, spec, layers) {
    var box = map.getContainer();
    box.classList.add('gk-map');
    var head = L.DomUtil.create('header', 'gk-head', box);
    head.innerHTML = '<div><h1>' + spec.title + '</h1><p>' + spec.subtitle + '</p></div><div class="gk-badges">' +
      spec.badges.map(function (b) { return '<span class="gk-badge gk-' + b[0] + '">' + b[1] + '</span>'; }).join('') + '</div>';
    L.DomEvent.disableClickPropagation(head);
    var Legend = L.Control.extend({
      options: {position: 'bottomright'},
      onAdd: function () {
        var d = L.DomUtil.create('details', 'gk-legend leaflet-control');
        d.open = box.clientWidth >= 900 && box.clientHeight >= 560;  // else it would hide the county
        L.DomEvent.disableClickPropagation(d);
        L.DomEvent.disableScrollPropagation(d);
        return d;
      }
    });
    var legend = new Legend().addTo(map).getContainer();
    var summary = L.DomUtil.create('summary', '', legend);
    summary.innerHTML = spec.words;
    var body = L.DomUtil.create('div', '', legend);
    function write() {
      body.innerHTML = spec.sections.filter(function (s, i) { return map.hasLayer(layers[i]); })
        .map(section).join('') + (spec.foot ? '<footer>' + spec.foot + '</footer>' : '');
    }
    function fit() { box.style.setProperty('--gk-head', head.offsetHeight + 'px'); }
    map.on('layeradd layerremove', write);
    write(); fit();
    if (window.ResizeObserver) { new ResizeObserver(fit).observe(box); }
  };

  // Show all of the county, also when the frame gets its size later; let go once touched.
  gk.view = function (map, bounds) {
    var free = true;
    function fit() {
      map.invalidateSize({animate: false});
      if (!free) { return; }
      var wide = map.getContainer().clientWidth > 1000;
      var style = getComputedStyle(map.getContainer()), px = function (name) { return parseFloat(style.getPropertyValue(name)) || 0; };
      var head = px('--gk-head'), foot = px('--gk-foot');
      map.fitBounds(bounds, {paddingTopLeft: [14, head + 14], paddingBottomRight: [wide ? 280 : 14, 24 + foot], animate: false});
    }
    ['mousedown', 'wheel', 'touchstart', 'keydown'].forEach(function (name) {
      map.getContainer().addEventListener(name, function () { free = false; }, {capture: true, passive: true});
    });
    fit();
    if (window.ResizeObserver) { new ResizeObserver(fit).observe(map.getContainer()); }
  };
})();
