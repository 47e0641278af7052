"""The comparison pages, chosen by ``?page=``: an empty map, folium.GeoJson, pydeck. Each as its manual shows it."""

import json
import os
from typing import Any

import folium
import geopandas as gpd
import pydeck
import streamlit as st
from streamlit_folium import st_folium

from pingchang_geo.maps.glue import OfflineMap
from pingchang_geo.maps.offline import Assets, assets
from pingchang_geo.settings import settings

CENTRE = (31.56, 107.2)
ZOOM = 9
HEIGHT_PX = 470
#: Without a style Streamlit fetches one from a public host; an empty one keeps the page offline.
NO_BASE_MAP = 'data:application/json,{"version":8,"sources":{},"layers":[]}'


@st.cache_resource
def plots(count: int) -> gpd.GeoDataFrame:
    """Plots with a name, a quantity and a colour by species; prepared by the benchmark."""
    return gpd.read_parquet(os.environ["PINGCHANG_BENCH_PLOTS"]).head(count)


def leaflet() -> Assets:
    """Leaflet alone, from our own server: no network takes part."""
    found = assets(settings().web_dir)
    return Assets(
        tuple(a for a in found.scripts if "/leaflet.js" in a), tuple(a for a in found.styles if "/leaflet.css" in a)
    )


def board() -> folium.Map:
    return OfflineMap(leaflet(), location=CENTRE, zoom_start=ZOOM)


def empty() -> None:
    st_folium(board(), key="empty", height=HEIGHT_PX, use_container_width=True, returned_objects=[])


def folium_geojson(count: int) -> None:
    shown = board()
    folium.GeoJson(
        plots(count),
        style_function=lambda feature: {
            "fillColor": feature["properties"]["color"],
            "color": "#333333",
            "weight": 0.3,
            "fillOpacity": 0.8,
        },
        tooltip=folium.GeoJsonTooltip(fields=["name", "volume"]),
    ).add_to(shown)
    st_folium(shown, key="geojson", height=HEIGHT_PX, use_container_width=True, returned_objects=[])


def pydeck_geojson(count: int) -> None:
    features = json.loads(plots(count).to_json())
    for feature in features["features"]:
        feature["properties"]["rgb"] = [int(feature["properties"]["color"][i : i + 2], 16) for i in (1, 3, 5)]
    layer = pydeck.Layer(
        "GeoJsonLayer",
        features,
        get_fill_color="properties.rgb",
        stroked=False,
        pickable=True,
    )
    view = pydeck.ViewState(latitude=CENTRE[0], longitude=CENTRE[1], zoom=ZOOM - 0.5)
    st.pydeck_chart(
        pydeck.Deck(layers=[layer], initial_view_state=view, map_style=NO_BASE_MAP),
        height=HEIGHT_PX,
    )


PAGES: dict[str, Any] = {"empty": lambda _: empty(), "folium": folium_geojson, "pydeck": pydeck_geojson}

st.set_page_config(page_title="benchmark", layout="wide")
st.title("benchmark")
PAGES[st.query_params.get("page", "empty")](int(st.query_params.get("n", "0")))
