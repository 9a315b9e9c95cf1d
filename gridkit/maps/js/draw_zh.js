// Chinese words for Leaflet.draw.
if (window.L && L.drawLocal) {
  L.drawLocal = {
    draw: {
      toolbar: {
        actions: {title: '取消绘制', text: '取消'},
        finish: {title: '完成绘制', text: '完成'},
        undo: {title: '删去最后一点', text: '删去最后一点'},
        buttons: {polyline: '画线', polygon: '画多边形', rectangle: '画矩形', circle: '画圆',
          marker: '放标记', circlemarker: '放圆点'}
      },
      handlers: {
        circle: {tooltip: {start: '按住拖动画圆'}, radius: '半径'},
        circlemarker: {tooltip: {start: '点一下放圆点'}},
        marker: {tooltip: {start: '点一下放标记'}},
        polygon: {tooltip: {start: '点一下开始', cont: '点一下继续', end: '点第一点结束'}},
        polyline: {error: '<strong>错误:</strong> 线不可相交', tooltip: {start: '点一下开始画线', cont: '点一下继续', end: '点最后一点结束'}},
        rectangle: {tooltip: {start: '按住拖动画矩形'}},
        simpleshape: {tooltip: {end: '放开鼠标结束'}}
      }
    },
    edit: {
      toolbar: {
        actions: {
          save: {title: '保存修改', text: '保存'},
          cancel: {title: '放弃修改', text: '取消'},
          clearAll: {title: '全部清除', text: '全部清除'}
        },
        buttons: {edit: '修改', editDisabled: '没有可修改的图形', remove: '删除', removeDisabled: '没有可删除的图形'}
      },
      handlers: {
        edit: {tooltip: {text: '拖动节点来修改', subtext: '点取消放弃修改'}},
        remove: {tooltip: {text: '点图形来删除'}}
      }
    }
  };
}
