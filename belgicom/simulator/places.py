"""Where BelgiCom has sites: the ten provinces and Brussels, their towns, and whose equipment stands there."""

from typing import NamedTuple


class Town(NamedTuple):
    """A town: the code that site names begin with, and its centre in degrees (WGS 84)."""

    code: str
    name: str
    latitude: float
    longitude: float


class Province(NamedTuple):
    """A province. `inhabitants` (thousands) decides how many sites it gets; `quarters` name them in its language."""

    name: str
    vendor: str
    inhabitants: int
    quarters: tuple[str, ...]
    towns: tuple[Town, ...]


DUTCH = ("HAVEN", "NOORD", "ZUID", "OOST", "WEST", "STATION", "MARKT", "PARK", "KERK", "MOLEN", "BRUG", "STADION")
FRENCH = ("CENTRE", "NORD", "SUD", "EST", "OUEST", "GARE", "PARC", "EGLISE", "MOULIN", "PONT", "USINE", "STADE")

PROVINCES = (
    Province("Antwerpen", "Ericsson", 1870, DUTCH, (
        Town("ANT", "Antwerpen", 51.2194, 4.4025), Town("MEC", "Mechelen", 51.0259, 4.4776),
        Town("TUR", "Turnhout", 51.3227, 4.9447), Town("GEE", "Geel", 51.1620, 4.9910),
        Town("LIR", "Lier", 51.1313, 4.5704), Town("HER", "Herentals", 51.1766, 4.8325),
        Town("BOO", "Boom", 51.0874, 4.3667), Town("MOL", "Mol", 51.1919, 5.1156),
    )),
    Province("Limburg", "Ericsson", 890, DUTCH, (
        Town("HAS", "Hasselt", 50.9307, 5.3325), Town("GNK", "Genk", 50.9654, 5.5015),
        Town("TON", "Tongeren", 50.7805, 5.4648), Town("STR", "Sint-Truiden", 50.8167, 5.1865),
        Town("LOM", "Lommel", 51.2300, 5.3130), Town("MAA", "Maaseik", 51.0980, 5.7840),
    )),
    Province("Liège", "Ericsson", 1110, FRENCH, (
        Town("LGE", "Liège", 50.6326, 5.5797), Town("VER", "Verviers", 50.5890, 5.8620),
        Town("SER", "Seraing", 50.5980, 5.5010), Town("HUY", "Huy", 50.5190, 5.2390),
        Town("EUP", "Eupen", 50.6280, 6.0360), Town("SPA", "Spa", 50.4920, 5.8640),
        Town("WRM", "Waremme", 50.6970, 5.2550), Town("MAL", "Malmedy", 50.4260, 6.0280),
    )),
    Province("Luxembourg", "Ericsson", 290, FRENCH, (
        Town("ARL", "Arlon", 49.6833, 5.8167), Town("BAS", "Bastogne", 50.0000, 5.7150),
        Town("MRC", "Marche-en-Famenne", 50.2270, 5.3440), Town("VIR", "Virton", 49.5680, 5.5330),
        Town("LIB", "Libramont", 49.9200, 5.3790), Town("NEU", "Neufchâteau", 49.8400, 5.4350),
    )),
    Province("Oost-Vlaanderen", "Nokia", 1550, DUTCH, (
        Town("GEN", "Gent", 51.0543, 3.7174), Town("AAL", "Aalst", 50.9378, 4.0403),
        Town("SNI", "Sint-Niklaas", 51.1564, 4.1433), Town("DEN", "Dendermonde", 51.0286, 4.1011),
        Town("OUD", "Oudenaarde", 50.8440, 3.6050), Town("EEK", "Eeklo", 51.1870, 3.5570),
        Town("LOK", "Lokeren", 51.1037, 3.9934), Town("RON", "Ronse", 50.7460, 3.6000),
    )),
    Province("West-Vlaanderen", "Nokia", 1220, DUTCH, (
        Town("BRG", "Brugge", 51.2093, 3.2247), Town("OOS", "Oostende", 51.2200, 2.9200),
        Town("KOR", "Kortrijk", 50.8279, 3.2649), Town("IEP", "Ieper", 50.8510, 2.8856),
        Town("ROE", "Roeselare", 50.9446, 3.1257), Town("KNO", "Knokke", 51.3350, 3.2870),
        Town("VEU", "Veurne", 51.0722, 2.6622), Town("WAR", "Waregem", 50.8887, 3.4278),
    )),
    Province("Hainaut", "Nokia", 1350, FRENCH, (
        Town("CHA", "Charleroi", 50.4108, 4.4446), Town("MON", "Mons", 50.4542, 3.9523),
        Town("TOU", "Tournai", 50.6056, 3.3878), Town("LLV", "La Louvière", 50.4866, 4.1877),
        Town("MOU", "Mouscron", 50.7430, 3.2140), Town("ATH", "Ath", 50.6300, 3.7780),
        Town("BIN", "Binche", 50.4110, 4.1650), Town("CHI", "Chimay", 50.0480, 4.3170),
    )),
    Province("Brussel", "Huawei", 1250, DUTCH, (
        Town("BRU", "Brussel", 50.8467, 4.3525), Town("AND", "Anderlecht", 50.8365, 4.3140),
        Town("SCH", "Schaarbeek", 50.8676, 4.3737), Town("UKK", "Ukkel", 50.8023, 4.3340),
        Town("ELS", "Elsene", 50.8333, 4.3667), Town("EVE", "Evere", 50.8700, 4.4028),
    )),
    Province("Vlaams-Brabant", "Huawei", 1190, DUTCH, (
        Town("LEU", "Leuven", 50.8798, 4.7005), Town("VIL", "Vilvoorde", 50.9281, 4.4245),
        Town("HAL", "Halle", 50.7336, 4.2345), Town("TIE", "Tienen", 50.8074, 4.9380),
        Town("AAR", "Aarschot", 50.9841, 4.8365), Town("DIE", "Diest", 50.9893, 5.0506),
        Town("ASS", "Asse", 50.9101, 4.1984),
    )),
    Province("Brabant wallon", "Huawei", 415, FRENCH, (
        Town("WAV", "Wavre", 50.7170, 4.6010), Town("NIV", "Nivelles", 50.5983, 4.3285),
        Town("LLN", "Louvain-la-Neuve", 50.6681, 4.6118), Town("JOD", "Jodoigne", 50.7230, 4.8690),
        Town("TUB", "Tubize", 50.6920, 4.2050),
    )),
    Province("Namur", "Huawei", 505, FRENCH, (
        Town("NAM", "Namur", 50.4669, 4.8675), Town("DIN", "Dinant", 50.2610, 4.9120),
        Town("GEM", "Gembloux", 50.5610, 4.6950), Town("CIN", "Ciney", 50.2960, 5.1000),
        Town("PHI", "Philippeville", 50.1970, 4.5430), Town("COU", "Couvin", 50.0530, 4.4960),
    )),
)  # fmt: skip
