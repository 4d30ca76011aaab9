"""3GPP's own formats: TS 32.435 and TS 28.532 measurement files, TS 32.616 bulk CM files."""

from trunkline.systems.system import Format, System
from trunkline.systems.threegpp import configuration, measurements

SYSTEM = System(
    name="threegpp",
    vendor="",
    formats=(
        Format("3gpp-pm", measurements.matches, measurements.read),
        Format("3gpp-bulkcm", configuration.matches, configuration.read),
    ),
)
