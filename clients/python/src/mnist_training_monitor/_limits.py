"""The limits of the protocol, which docs/protocol.md explains, and the limits and intervals of this client with their reasons."""

# The protocol's limits on the content of an event. Lengths of texts are in characters (code points).
CONFIG_KEYS = 200
CONFIG_BYTES = 16 * 1024
# Maximum number of settings that are read: objects that contain each other several times may yield very many.
READ_SETTINGS = 10_000
MIN_CLASSES = 2
MAX_CLASSES = 1_000
CLASS_NAME = 64
RUN_NAME = 200
TAGS = 20
TAG = 40
UNIT = 32
NAME = 200
LINE = 2_000
METRICS = 100
METRIC_NAME = 64
METRIC_GROUP = 64
LAYERS = 1_000
GPUS = 64
MATRIX_CLASSES = 100
CONFUSION_CELLS = 50_000
CALIBRATION_BINS = 15
SAMPLES = 100
# JSON of a sample without its image: ten probabilities, their classes, and names of the fields.
SAMPLE_BYTES = 400
PREDICTIONS_BYTES = 200_000
CONFIDENCES_BYTES = 100_000
PROBABILITIES = 10
IMAGE_SIDE = 64
FIGURE_BYTES = 128 * 1024
FIGURE_SIDE = 4_096
# The least time between two figures.
FIGURE_INTERVAL_SECONDS = 10
TABLE_ROWS = 200
TABLE_COLUMNS = 20
TABLE_TEXT = 200
TENSORS = 500
# The least time between two events `layers`.
LAYERS_INTERVAL_SECONDS = 0.25
PROBE_IMAGES = 500
PROBE_LOGITS_BYTES = 500_000
PROBE_IMAGES_BYTES = 600_000
# The least time between two events `probe` with logits.
PROBE_INTERVAL_SECONDS = 2.0
SNAPSHOT_BYTES = 2 * 1024 * 1024
SNAPSHOTS = 64
TEST_IMAGE_BYTES = 16 * 1024 * 1024
EVENT_BYTES = 900_000
# Of these, the data of an event: the rest is for its type, time, run and number.
DATA_BYTES = EVENT_BYTES - 500
# The largest integer that JavaScript represents exactly.
MAX_INTEGER = 2**53 - 1

# Events that wait in memory to be numbered and written to the outbox, about 10 MB. The recorder takes them every 20 ms, so
# more than this many wait only while the outbox is full or its disk is slow, or in a loop that logs and does nothing else;
# then logs are merged in pairs. 4,096 were too few for such a loop of 10,000 logs, of which 5,908 remained.
PENDING_EVENTS = 16_384
# Values of all logs that wait in memory, about ten a log. A run may have 100 metrics, and 16,384 logs of that many would take
# 160 MB.
PENDING_VALUES = 160_000
# Size of the JSON of the other events that wait in memory. Beyond it, the oldest ones are dropped.
PENDING_BYTES = 8 * 1024 * 1024
# The interval at which the recorder takes the events that wait: viewers do not notice this delay, and a training that logs
# 10,000 steps a second wakes the recorder 50 times a second instead of 10,000 times.
RECORDER_INTERVAL_SECONDS = 0.02
# The wait after the disk refused an event: an attempt encodes 256 events, which slows a training if it is repeated at once.
DISK_RETRY_SECONDS = 1.0
# The outbox on disk: 250,000 events of 250 bytes, three hours of 25 logs a second.
OUTBOX_BYTES = 64 * 1024 * 1024
# The outbox in memory, which replaces the one on disk where no file can be created.
MEMORY_OUTBOX_BYTES = 8 * 1024 * 1024
# Size of one file of the outbox. A file is deleted when all its events are acknowledged.
SEGMENT_BYTES = 4 * 1024 * 1024
# Bytes of one read from a file of the outbox.
READ_BYTES = 64 * 1024
# Folders of outboxes whose process was killed are deleted after this time.
STALE_OUTBOX_SECONDS = 7 * 24 * 3600

# Events sent and not acknowledged: the gateway acknowledges each commit, some milliseconds after it has received an event.
WINDOW_EVENTS = 1_000
# Size of the events that are taken from the outbox at once and then sent.
SEND_BYTES = 1024 * 1024
# Time to connect, and to receive the answer to `hello`.
CONNECT_SECONDS = 10.0
# Waits between attempts to connect: doubled each time, with jitter, as docs/protocol.md asks.
FIRST_RETRY_SECONDS = 0.5
LAST_RETRY_SECONDS = 15.0
# How long a run that another connection occupies is tried again: the gateway closes a dead connection within 30 s.
TAKEN_SECONDS = 60.0
# How long `finish` waits for the gateway, and how long while the gateway cannot be reached.
FINISH_SECONDS = 30.0
UNREACHABLE_SECONDS = 5.0
# Maximum size of a message from the gateway: commands and acknowledgements have a few hundred bytes.
MAX_MESSAGE_BYTES = 1024 * 1024
# Answers to commands, kept for commands that are sent again.
ANSWERED_COMMANDS = 200
# Rejected events that have a warning each; one more warning covers the others.
REPORTED_REJECTS = 5
# Distinct warnings of one run, so that a mistake in a loop does not fill the log.
WARNINGS = 100

# Maximum size of a file of weights that are still to be rounded to int8: four bytes a weight, with room for the header.
WEIGHTS_FILE_BYTES = 5 * SNAPSHOT_BYTES
# Maximum size of the copied weights of the snapshots that wait for the gateway: four of the largest in float32, of 8 MB each, or
# all 64 snapshots of a small network. Beyond it, the oldest ones are dropped.
WAITING_SNAPSHOT_BYTES = 4 * 4 * SNAPSHOT_BYTES
# Attempts to send a file when the gateway answers with an error that may be temporary. Failed connections do not count.
UPLOAD_ATTEMPTS = 5
