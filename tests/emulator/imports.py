"""Says where the emulator would be imported from."""

import ministack

print(ministack.__file__)
