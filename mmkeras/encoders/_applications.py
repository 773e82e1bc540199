"""The networks of `keras.applications`, and the pixels that each expects."""

_NETWORKS = {
    "caffe": "ResNet50 ResNet101 ResNet152 VGG16 VGG19",
    "tf": """
        InceptionResNetV2 InceptionV3 MobileNet MobileNetV2 NASNetLarge NASNetMobile
        ResNet50V2 ResNet101V2 ResNet152V2 Xception
    """,
    "torch": "DenseNet121 DenseNet169 DenseNet201",
    "scale": """
        ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge
        EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4
        EfficientNetB5 EfficientNetB6 EfficientNetB7
        EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3
        EfficientNetV2S EfficientNetV2M EfficientNetV2L
        MobileNetV3Small MobileNetV3Large
    """,
}

MODE_OF = {name: mode for mode, names in _NETWORKS.items() for name in names.split()}
"""By network: the mode of its `ImagenetPreprocessing`."""
