"""Loads an export with the importers of other tools and compares what they find with the truth.

Usage: check.py FOLDER: FOLDER/export is what musc wrote, FOLDER/truth.json the batch that it wrote.
What is not needed to import is replaced by stand-ins (standins.py): PyTorch, MongoDB.
"""
import importlib.metadata
import json
import os
import sys
import urllib.parse

import numpy
from PIL import Image

import standins


def same(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: found {found!r}, want {wanted!r}")


def pixels(photo, region):
    mask = numpy.zeros((photo["height"], photo["width"]), bool)
    for y, first, end in region["runs"]:
        mask[y, first:end] = True
    return mask


def same_pixels(found, photo, region, what):
    if found.shape != (photo["height"], photo["width"]) or (found != pixels(photo, region)).any():
        sys.exit(f"{what}: other pixels of {photo['name']!r}:\n{found * 1}\nwant\n{region['runs']}")


def is_text(photo):
    """Whether a photo's name is in UTF-8: what is in JSON cannot name another one."""
    return "\ufffd" not in photo["name"]


def target(link):
    """The photo that a link leads to, as JSON names it."""
    return os.fsencode(os.path.realpath(link)).decode("utf-8", "replace")


def check_coco(folder, truth):
    from pycocotools import mask as masks
    from pycocotools.coco import COCO

    coco = COCO(os.path.join(folder, "coco.json"))
    same(len(coco.getImgIds()), len(truth), "images")
    for number, photo in zip(coco.getImgIds(), truth, strict=True):
        image = coco.loadImgs(number)[0]
        path = os.path.join(coco.dataset["info"]["images_root"], image["file_name"])
        if is_text(photo):
            same(Image.open(path).size, (image["width"], image["height"]), path)
        same([image["verdict"], image["score"]], [photo["verdict"], photo["score"]], path)
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=number))
        same(len(annotations), len(photo["regions"]), f"annotations of {path}")
        for found, region in zip(annotations, photo["regions"]):
            same_pixels(coco.annToMask(found).astype(bool), photo, region, "annToMask")
            encoded = coco.annToRLE(found)
            same(found["area"], int(masks.area(encoded)), "area")
            same(found["bbox"], masks.toBbox(encoded).astype(int).tolist(), "bbox")
    return "pycocotools"


def check_labelstudio(folder, truth):
    from label_studio_sdk.converter.brush import decode_rle
    from label_studio_sdk.label_interface import LabelInterface

    with open(os.path.join(folder, "labelstudio.xml")) as file:
        interface = LabelInterface(file.read())
    interface.validate()
    with open(os.path.join(folder, "labelstudio.json")) as file:
        tasks = json.load(file)
    root = os.path.dirname(os.path.commonpath([os.path.dirname(p["path"]) for p in truth]))
    for task, photo in zip(tasks, truth, strict=True):
        same(interface.validate_task({"data": task["data"]}), True, "validate_task")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(task["data"]["image"]).query)
        if is_text(photo):
            same(os.path.join(root, query["d"][0]), photo["path"], "image")
        same(len(task["predictions"]), 1 if photo["verdict"] else 0, "predictions")
        for prediction in task["predictions"]:
            same(interface.validate_prediction(prediction, return_errors=True), [], "prediction")
            verdict, *parts = [part["value"] for part in prediction["result"]]
            same(verdict["choices"], [photo["verdict"]], "choices")
            same(len(parts), 2 * len(photo["regions"]), "parts")
            for box, brush, region in zip(parts[::2], parts[1::2], photo["regions"]):
                scale = photo["width"] / 100, photo["height"] / 100
                found = [box["x"] * scale[0], box["y"] * scale[1],
                         box["width"] * scale[0], box["height"] * scale[1]]
                same([round(length, 6) for length in found], region["box"], "box")
                found = numpy.reshape(decode_rle(brush["rle"]), (photo["height"], photo["width"], 4))
                same(bool((found == found[:, :, :1]).all()), True, "channels")
                same_pixels(found[:, :, 3] == 255, photo, region, "decode_rle")
    return "label-studio-sdk"


def check_yolo(folder, truth):
    standins.torch()
    from pycocotools import mask as masks
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(os.path.join(folder, "yolo", "data.yaml"))
    same(data["names"], {0: "defect"}, "names")
    loaded = YOLODataset(img_path=data["train"], data=data, task="segment", augment=False)
    wanted = {photo["path"]: photo for photo in truth if photo["verdict"] in ("good", "defective")}
    same(sorted(map(target, loaded.im_files)), sorted(wanted), "im_files")
    for label in loaded.labels:
        photo = wanted[target(label["im_file"])]
        height, width = label["shape"]
        same([height, width], [photo["height"], photo["width"]], "shape")
        same(len(label["segments"]), len(photo["regions"]), f"segments of {photo['name']}")
        for segment, box, region in zip(label["segments"], label["bboxes"], photo["regions"]):
            corners = numpy.rint(segment * [width, height]).reshape(1, -1).tolist()
            found = masks.decode(masks.merge(masks.frPyObjects(corners, height, width)))
            same_pixels(found.astype(bool), photo, region, "segments")
            x, y, w, h = region["box"]
            wanted_box = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
            same(numpy.allclose(box, wanted_box, atol=1e-5), True, "bboxes")
    return "ultralytics"


def check_fiftyone(folder, truth):
    standins.mongodb()
    import fiftyone

    loaded = fiftyone.Dataset.from_dir(dataset_dir=os.path.join(folder, "fiftyone"),
                                       dataset_type=fiftyone.types.LegacyFiftyOneDataset)
    same(len(loaded), len(truth), "samples")
    for sample, photo in zip(loaded, truth):
        if is_text(photo):
            same(sample.filepath, photo["path"], "filepath")
        same([sample.score, sample.metadata.width, sample.metadata.height],
             [photo["score"], photo["width"], photo["height"]], "score and metadata")
        same(sample.verdict.label if sample.verdict else "", photo["verdict"], "verdict")
        same(sample.defects is not None, photo["verdict"] in ("good", "defective"), "defects")
        found = sample.defects.detections if sample.defects else []
        same(len(found), len(photo["regions"]), "detections")
        for detection, region in zip(found, photo["regions"]):
            same_detection(detection, photo, region)
    return "fiftyone"


def check_coco_in_fiftyone(folder, truth):
    import fiftyone

    with open(os.path.join(folder, "coco.json")) as file:
        labels = json.load(file)
    # It refuses all if there is a photo that it does not find.
    labels["images"] = [image for image in labels["images"] if is_text(image)]
    with open(os.path.join(folder, "text.json"), "w") as file:
        json.dump(labels, file)
    loaded = fiftyone.Dataset.from_dir(
        dataset_type=fiftyone.types.COCODetectionDataset, label_types="segmentations",
        label_field="defects",
        data_path=labels["info"]["images_root"], labels_path=os.path.join(folder, "text.json"))
    found = {sample.filepath: sample for sample in loaded}
    for photo in filter(is_text, truth):
        sample = found[photo["path"]]
        detections = sample.defects.detections if sample.defects else []
        same(len(detections), len(photo["regions"]), "detections of COCO")
        for detection, region in zip(detections, photo["regions"]):
            same_detection(detection, photo, region)
    return "fiftyone"


def same_detection(detection, photo, region):
    scale = [photo["width"], photo["height"]] * 2
    box = [round(part * of, 6) for part, of in zip(detection.bounding_box, scale)]
    same(box, region["box"], "bounding_box")
    x, y, width, height = region["box"]
    found = numpy.zeros((photo["height"], photo["width"]), bool)
    found[y:y + height, x:x + width] = detection.mask
    same_pixels(found, photo, region, "mask")


def main():
    with open(os.path.join(sys.argv[1], "truth.json")) as file:
        truth = json.load(file)
    folder = os.path.join(sys.argv[1], "export")
    for check in check_coco, check_labelstudio, check_yolo, check_fiftyone, check_coco_in_fiftyone:
        package = check(folder, truth)
        print(f"{check.__name__}: {package} {importlib.metadata.version(package)} agrees", flush=True)


main()
